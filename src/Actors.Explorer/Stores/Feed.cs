namespace Actors.Explorer.Stores;

/// <param name="Prefix">How the stream's id begins; empty for all.</param>
/// <param name="Text">What the payload's JSON, the type or the idempotency key contains; empty for all.</param>
internal sealed record FeedFilter(string Prefix = "", string Text = "");

/// <param name="Records">New records that the filter lets through, oldest first.</param>
/// <param name="LastLsn">The LSN up to which the feed was read.</param>
/// <param name="LeftOut">How many records before these were not read, because there were too many; null when some were, and they were not counted.</param>
internal sealed record FeedSlice(IReadOnlyList<RecordRow> Records, long LastLsn, long? LeftOut);

/// <param name="Done">What is done, in <paramref name="Unit"/>.</param>
/// <param name="Total">What is to be done.</param>
/// <param name="Unit">Bytes or streams.</param>
/// <param name="Problems">The damage found so far.</param>
/// <param name="IsDone">Whether the verification is complete.</param>
/// <param name="Summary">The result as a sentence, at the end.</param>
internal sealed record VerifyState(long Done, long Total, string Unit, IReadOnlyList<VerifyProblem> Problems, bool IsDone, string? Summary = null);

/// <param name="Place">The file and offset, or the row.</param>
/// <param name="Text">What is wrong.</param>
internal sealed record VerifyProblem(string Place, string Text);
