using System.Diagnostics;
using System.Globalization;
using Actors.Reliability.Machines;
using Actors.Reliability.Processes;

namespace Actors.Reliability.Contention;

/// <summary>Runs a contender in its own process, and records its output in a ledger that all contenders share.</summary>
internal sealed class ContenderProcess : IDisposable
{
    private readonly Process _process;
    private readonly ContentionLedger _ledger;
    private readonly Task _reading;

    private ContenderProcess(Process process, ContentionLedger ledger)
    {
        _process = process;
        _ledger = ledger;
        _reading = Task.Run(ReadAsync);
    }

    public static ContenderProcess Start(ContenderOptions options, ContentionLedger ledger)
    {
        var start = new ProcessStartInfo(ReliabilityProgram.Path, [ReliabilityProgram.Contend, .. options.Arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return new ContenderProcess(Process.Start(start) ?? throw new InvalidOperationException("A contender could not be started."), ledger);
    }

    public bool HasExited => _process.HasExited;

    public void Stop() => Signals.Stop(_process.Id);

    public void Continue() => Signals.Continue(_process.Id);

    /// <summary>Kills the process, and reads the rest of its output.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        Task<string> errors = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            switch (line.Split(' '))
            {
                case ["A", var stream, var sequence, var id, var at]:
                    _ledger.Acknowledge(Number(stream), Long(sequence), id, Long(at));
                    break;
                case ["C", var stream, var head, var asked]:
                    _ledger.Confirm(Number(stream), Long(head), Long(asked));
                    break;
                case ["R", _, var id]:
                    _ledger.Refuse(id);
                    break;
                case ["U", _, _]:
                    _ledger.Doubt();
                    break;
                case ["O"]:
                    _ledger.Open();
                    break;
                case ["X", ..]:
                    _ledger.Break(line[2..]);
                    break;
            }
        }

        if (await errors is { Length: > 0 } error)
            _ledger.Break(error);
    }

    private static long Long(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
