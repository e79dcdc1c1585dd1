using Orleans.Transactions;

namespace Actors.Orleans.TransactionalStates;

/// <summary>A state as it is in the log.</summary>
/// <param name="Codec">The codec that encoded it.</param>
/// <param name="Bytes">The encoded state. Code that holds the decoded object can't change it.</param>
internal readonly record struct EncodedState(byte Codec, ReadOnlyMemory<byte> Bytes);

/// <summary>A state that a transaction has prepared and that is neither committed nor aborted.</summary>
internal sealed record PreparedState(long SequenceId, string TransactionId, DateTime TimeStamp, ParticipantId Manager, EncodedState State);
