using System.Text.RegularExpressions;

namespace Actors.Cli.Stores;

/// <summary>Hides passwords in printed text.</summary>
internal static partial class Secrets
{
    private const string Hidden = "***";

    public static string Hide(string text) => Keyword().Replace(UserInfo().Replace(text, $"$1{Hidden}@"), $"$1{Hidden}");

    [GeneratedRegex(@"(postgres(?:ql)?://[^:/@\s]*:)[^/\s]*@", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"((?:password|pwd|pass)\s*=\s*)(?:""[^""]*""?|'[^']*'?|[^;&\s']*)", RegexOptions.IgnoreCase)]
    private static partial Regex Keyword();
}
