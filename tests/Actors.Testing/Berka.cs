namespace Actors.Testing;

/// <summary>The real bank ledger, a file beside the repository. Not every machine has it.</summary>
public static class Berka
{
    private static readonly FileInfo? Found = Find();

    /// <summary>The ledger's file. If it is missing, the test that requests it is skipped.</summary>
    public static FileInfo File
    {
        get
        {
            Prerequisite.Require(Found is not null, "Needs the Berka ledger; put it at shared/data/berka/transactions.csv beside this checkout.");
            return Found!;
        }
    }

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
