using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Actors.Explorer.Components.Parts;

/// <summary>Splits JSON into pieces that have a colour each. Text that is not JSON is one piece.</summary>
internal static class JsonTokens
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns JSON over several lines; other text as it is.</summary>
    public static string Indent(string json)
    {
        try
        {
            return JsonNode.Parse(json)?.ToJsonString(Indented) ?? "null";
        }
        catch (JsonException)
        {
            return json;
        }
    }

    /// <summary>Returns the pieces of the first characters, and a sign when there are more.</summary>
    public static IEnumerable<(string Kind, string Text)> Of(string json, int most)
    {
        string shown = json.Length > most ? json[..most] : json;
        for (int i = 0; i < shown.Length;)
        {
            int end = EndOf(shown, i);
            yield return (KindOf(shown, i, end), shown[i..end]);
            i = end;
        }

        if (shown.Length < json.Length)
            yield return ("more", $"… {json.Length - shown.Length:N0} more characters");
    }

    private static int EndOf(string text, int start)
    {
        int i = start + 1;
        if (text[start] == '"')
        {
            for (; i < text.Length && text[i] != '"'; i++)
            {
                if (text[i] == '\\')
                    i++;
            }

            return Math.Min(i + 1, text.Length);
        }

        bool isWord = IsWord(text[start]);
        while (i < text.Length && text[i] != '"' && IsWord(text[i]) == isWord)
            i++;
        return i;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '-' or '+' or '.';

    private static string KindOf(string text, int start, int end)
    {
        if (text[start] == '"')
            return end < text.Length && text[end] == ':' ? "name" : "string";
        if (!IsWord(text[start]))
            return "sign";
        return char.IsLetter(text[start]) ? "word" : "number";
    }
}
