using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Actors.Explorer.Stores;
using MessagePack;

namespace Actors.Explorer.Payloads;

/// <summary>Writes events and states as JSON with the names of their members, for people.</summary>
internal static class ObjectJson
{
    private static readonly JsonSerializerOptions Options = Make(indented: false);
    private static readonly JsonSerializerOptions Indented = Make(indented: true);

    /// <summary>Returns a value as JSON.</summary>
    /// <exception cref="ExplorerException">The value can't be written as JSON.</exception>
    public static string Of(object? value, bool indented = false)
    {
        try
        {
            return JsonSerializer.Serialize(value, value?.GetType() ?? typeof(object), indented ? Indented : Options);
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException or TargetInvocationException)
        {
            throw new ExplorerException($"A {value?.GetType().Name} can't be shown as JSON: {e.Message}", e);
        }
    }

    private static JsonSerializerOptions Make(bool indented)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        resolver.Modifiers.Add(AddSerializedMembers);
        return new JsonSerializerOptions
        {
            WriteIndented = indented,
            IncludeFields = true,
            MaxDepth = 128,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            ReferenceHandler = ReferenceHandler.IgnoreCycles,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            TypeInfoResolver = resolver,
            Converters = { new JsonStringEnumConverter(), new AddressableConverter(), new RuntimeTypeConverter() },
        };
    }

    /// <summary>Adds members that the log's codecs write although they are not public.</summary>
    private static void AddSerializedMembers(JsonTypeInfo info)
    {
        if (info.Kind != JsonTypeInfoKind.Object)
            return;
        for (Type? type = info.Type; type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (MemberInfo member in type.GetMembers(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (member is not (FieldInfo or PropertyInfo { CanRead: true }) || !IsSerialized(member) || info.Properties.Any(p => p.Name == member.Name))
                    continue;
                Type memberType = member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;
                JsonPropertyInfo property = info.CreateJsonPropertyInfo(memberType, member.Name);
                property.Get = member is FieldInfo f ? f.GetValue : ((PropertyInfo)member).GetValue;
                info.Properties.Add(property);
            }
        }
    }

    private static bool IsSerialized(MemberInfo member) => member.IsDefined(typeof(KeyAttribute)) || member.IsDefined(typeof(IdAttribute));

    /// <summary>Writes a reference to a grain as its name.</summary>
    private sealed class AddressableConverter : JsonConverter<IAddressable>
    {
        public override bool CanConvert(Type typeToConvert) => typeof(IAddressable).IsAssignableFrom(typeToConvert);

        public override IAddressable Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, IAddressable value, JsonSerializerOptions options)
            => writer.WriteStringValue(value is GrainReference reference ? reference.GrainId.ToString() : value.ToString());
    }

    /// <summary>Writes a value whose declared type is abstract with the members of its own type.</summary>
    private sealed class RuntimeTypeConverter : JsonConverter<object>
    {
        public override bool CanConvert(Type typeToConvert)
            => typeToConvert != typeof(object) && typeToConvert.IsAbstract && !typeof(System.Collections.IEnumerable).IsAssignableFrom(typeToConvert) && typeToConvert != typeof(Type);

        public override object Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options)
            => JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }
}
