using Actors.Wal.Conformance;

namespace Actors.Wal.Tests.Conformance;

// The rules of every store, on the local one.
public sealed class LocalAppendTests() : AppendRules(new LocalBackend());

public sealed class LocalOwnershipTests() : OwnershipRules(new LocalBackend());

public sealed class LocalPayloadTests() : PayloadRules(new LocalBackend());
