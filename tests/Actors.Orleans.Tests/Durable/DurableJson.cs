using System.Text.Json.Serialization;

namespace Actors.Orleans.Tests.Durable;

/// <summary>What durable grains of the tests write as JSON.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(uint))]
[JsonSerializable(typeof(ulong))]
[JsonSerializable(typeof(DateTime))]
internal sealed partial class DurableJson : JsonSerializerContext;
