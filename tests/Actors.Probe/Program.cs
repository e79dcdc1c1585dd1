using System.Globalization;
using Actors.Testing;
using Actors.Wal;
using Actors.Wal.Local;
using Actors.Wal.Storage;

// A separate process for tests that kill, trace or lock out a process. Prints one line per step; the exit code is the outcome.
return args switch
{
    ["managed-flush", var file] => FlushManaged(file),
    ["native-flush", var file] => FlushNative(file),
    ["hold", var directory] => await HoldAsync(directory),
    ["fixture", var directory] => await WriteFixtureAsync(directory),
    ["append", var directory, var count] => await AppendAsync(directory, int.Parse(count, CultureInfo.InvariantCulture)),
    _ => 64,
};

static int FlushManaged(string path)
{
    using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
    stream.WriteByte(1);
    stream.Flush();
#pragma warning disable RS0030 // What is banned is what this shows.
    RandomAccess.FlushToDisk(stream.SafeFileHandle);
#pragma warning restore RS0030
    return 0;
}

static int FlushNative(string path)
{
    File.WriteAllBytes(path, [1]);
    using IStorageFile file = new FileStorage(Path.GetDirectoryName(path)!).Open(Path.GetFileName(path), StorageAccess.ReadWrite);
    try
    {
        file.SyncData();
        return 0;
    }
    catch (IOException e)
    {
        Console.WriteLine(e.Message);
        return 5;
    }
}

// Writes the format fixture. The committed copy was made with it.
static async Task<int> WriteFixtureAsync(string directory)
{
    Directory.CreateDirectory(directory);
    await FormatFixture.WriteAsync(directory);
    return 0;
}

static async Task<int> HoldAsync(string directory)
{
    await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory });
    Console.WriteLine("open");
    await Console.In.ReadLineAsync();
    return 0;
}

// Appends to eight streams at once and prints each acknowledgement. Every printed append must survive.
static async Task<int> AppendAsync(string directory, int count)
{
    await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory, SegmentBytes = 1024 * 1024, MaxBatchBytes = 256 * 1024, MaxRecordBytes = 64 * 1024 });
    Console.WriteLine("open");
    await Task.WhenAll(Enumerable.Range(0, 8).Select(async s =>
    {
        await using ILogStream stream = await store.OpenAsync(new LogStreamId($"probe/{s}"));
        for (int i = 0; i < count; i++)
        {
            byte[] payload = System.Text.Encoding.UTF8.GetBytes($"{s}:{stream.Head.Value + 1}");
            AppendResult result = await stream.AppendAsync(new EventData(payload));
            lock (store)
                Console.WriteLine($"{s} {result.Last}");
        }
    }));
    return 0;
}
