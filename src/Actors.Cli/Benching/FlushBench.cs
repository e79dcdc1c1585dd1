using System.Diagnostics;
using Actors.Wal.Storage;

namespace Actors.Cli.Benching;

/// <summary>Measures writes and flushes as the log makes them: one write, then one flush, into a file that was filled with zeros.</summary>
internal sealed class FlushBench : IDisposable
{
    private const string FileName = "walctl-bench.tmp";
    private const int FileBytes = 64 * 1024 * 1024;

    private readonly FileStorage _storage;
    private readonly IStorageFile _file;

    /// <summary>Prepares a file of 64 MiB in a directory.</summary>
    /// <exception cref="IOException">There is no space, the directory does not exist, or the file exists already.</exception>
    public FlushBench(string directory)
    {
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException($"There is no directory '{directory}'.");
        _storage = new FileStorage(directory);
        _file = _storage.Open(FileName, StorageAccess.CreateNew);
        try
        {
            _file.Allocate(FileBytes);
            var zeros = new byte[1024 * 1024];
            for (long offset = 0; offset < FileBytes; offset += zeros.Length)
                _file.Write(zeros, offset);
            _file.SyncData();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Measures batches of one size.</summary>
    public FlushFigures Measure(int bytes, TimeSpan time)
    {
        var batch = new byte[bytes];
        new Random(bytes).NextBytes(batch);
        var latencies = new List<double>();
        long started = Stopwatch.GetTimestamp();
        for (long offset = 0; Stopwatch.GetElapsedTime(started) < time; offset = (offset + bytes) % (FileBytes - bytes + 1) / 512 * 512)
        {
            long begin = Stopwatch.GetTimestamp();
            _file.Write(batch, offset);
            _file.SyncData();
            latencies.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        latencies.Sort();
        return new FlushFigures(bytes, latencies.Count / seconds, latencies.Count * (double)bytes / seconds / 1e6, At(0.5), At(0.99), latencies[^1]);

        double At(double share) => latencies[(int)(share * (latencies.Count - 1))];
    }

    public void Dispose()
    {
        _file.Dispose();
        _storage.Delete(FileName);
    }
}

/// <summary>The measured flushes of batches of one size.</summary>
/// <param name="Bytes">The batch's size.</param>
/// <param name="FlushesPerSecond">Batches per second.</param>
/// <param name="MegabytesPerSecond">Millions of bytes per second.</param>
/// <param name="P50Micros">Half of the flushes took less than this, in microseconds.</param>
/// <param name="P99Micros">99 percent of the flushes took less than this, in microseconds.</param>
/// <param name="LongestMicros">The duration of the longest flush, in microseconds.</param>
internal sealed record FlushFigures(int Bytes, double FlushesPerSecond, double MegabytesPerSecond, double P50Micros, double P99Micros, double LongestMicros);
