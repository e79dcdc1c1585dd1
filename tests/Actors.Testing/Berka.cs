namespace Actors.Testing;

/// <summary>The real bank ledger that stands beside the repository where there is one.</summary>
public static class Berka
{
    public const string Missing = "The Berka ledger is not beside this checkout (shared/data/berka/transactions.csv); this test needs it.";

    /// <summary>The ledger's file; null where there is none.</summary>
    public static FileInfo? File { get; } = Find();

    private static FileInfo? Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var file = new FileInfo(Path.Combine(directory.FullName, "shared", "data", "berka", "transactions.csv"));
            if (file.Exists)
                return file;
        }

        return null;
    }
}
