using System.Diagnostics;
using System.Globalization;
using Actors.Reliability.Machines;

namespace Actors.Reliability.Processes;

/// <summary>Runs a writer in its own process, and records its output.</summary>
internal sealed class WriterProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(1);

    private readonly Process _process;
    private readonly Task _reading;
    private readonly Lock _gate = new();
    private readonly int[] _acknowledged;
    private readonly bool[] _isRejected;
    private readonly List<string> _other = [];

    private WriterProcess(Process process, WriterOptions options)
    {
        _process = process;
        Options = options;
        _acknowledged = new int[options.Writers];
        _isRejected = new bool[options.Writers];
        _reading = Task.Run(ReadAsync);
    }

    public WriterOptions Options { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The number of reported rejections.</summary>
    public int Rejections { get; private set; }

    /// <summary>The number of operations reported as acknowledged, over all writers.</summary>
    public long Acknowledgements
    {
        get
        {
            lock (_gate)
                return _acknowledged.Sum(a => (long)a);
        }
    }

    /// <summary>The output lines other than the outcomes of operations.</summary>
    public IReadOnlyList<string> Other
    {
        get
        {
            lock (_gate)
                return [.. _other];
        }
    }

    /// <summary>Starts a writer process.</summary>
    /// <param name="options">The options of the writer.</param>
    /// <param name="before">A program that runs the writer, with its arguments; empty to run it directly.</param>
    public static WriterProcess Start(WriterOptions options, params IReadOnlyList<string> before)
    {
        List<string> command = [.. before, ReliabilityProgram.Path, ReliabilityProgram.Write, .. options.Arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };

        // JIT compilation takes most of the short run, so it is made cheaper.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return new WriterProcess(Process.Start(start) ?? throw new InvalidOperationException($"'{command[0]}' could not be started."), options);
    }

    /// <summary>Returns the number of acknowledged operations of a writer.</summary>
    public int AcknowledgedBy(int writer) => _acknowledged[writer];

    /// <summary>Returns whether a writer may have had an operation under way at its end.</summary>
    public bool MayBeUnderWay(int writer) => !_isRejected[writer];

    /// <summary>Waits until the condition holds or the process has ended.</summary>
    public async Task WaitForAsync(Func<WriterProcess, bool> condition, string what)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition(this) && !_process.HasExited)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw TooLate(what);
            await Task.Delay(Poll, TimeProvider.System);
        }
    }

    /// <summary>Stops all threads of the process. System calls under way complete first.</summary>
    public void Stop() => Signals.Stop(_process.Id);

    /// <summary>Kills the process if it has not ended, and reads the rest of its output. Without a kill, waits until it ends.</summary>
    public async Task EndAsync(bool kill = true)
    {
        if (kill && !_process.HasExited)
            _process.Kill();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw TooLate("its end");
        }

        await _reading;
        if (ExitCode == Writer.BrokeItsPromise)
            throw new Model.InvariantException(string.Join(Environment.NewLine, Other));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private InvalidOperationException TooLate(string what)
        => new($"The writer did not get to '{what}' within {Patience.TotalSeconds} s. It said: {string.Join(" ", Other)}");

    private async Task ReadAsync()
    {
        Task<string> errors = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_gate)
                Take(line.Split(' '), line);
        }

        string rest = await errors;
        lock (_gate)
        {
            if (rest.Length > 0)
                _other.Add(rest.Trim());
        }
    }

    private void Take(string[] words, string line)
    {
        if (words is not [WriterLine.Acknowledged or WriterLine.Rejected or WriterLine.Again, var writer, var number])
        {
            _other.Add(line);
            return;
        }

        int w = int.Parse(writer, CultureInfo.InvariantCulture);
        int n = int.Parse(number, CultureInfo.InvariantCulture);
        _isRejected[w] = words[0] == WriterLine.Rejected;
        if (words[0] == WriterLine.Rejected)
            Rejections++;
        if (words[0] == WriterLine.Acknowledged && n != _acknowledged[w]++)
            throw new InvalidOperationException($"The writer said '{line}' after {_acknowledged[w] - 1} acknowledgements.");
    }
}
