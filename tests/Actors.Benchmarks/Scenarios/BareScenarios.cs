using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Writes and flushes the bytes that a log wrote in the same round, without the log.</summary>
internal abstract class BareScenario(string name, string description, AppendScenario log, Workbench bench) : Scenario(name, description, [1])
{
    private BareFile? _file;
    private byte[] _bytes = [];

    public override IReadOnlyList<Scenario> Needs => [log];

    public override bool CountsWholeCalls => true;

    protected WrittenBytes Written => log.Written;

    public override Task PrepareAsync(int callers, CancellationToken cancellationToken)
    {
        _file ??= new BareFile(bench.Directory.Next(Name));
        if (_bytes.Length != Written.BytesPerBatch)
            _bytes = Payload.Of(Written.BytesPerBatch);
        return Task.CompletedTask;
    }

    public override Task CloseAsync()
    {
        _file?.Dispose();
        return Task.CompletedTask;
    }

    protected void Write() => _file!.WriteAndSync(_bytes);
}

/// <summary>Makes one small write and flush after the other, each as large as a single caller's batch.</summary>
internal sealed class BareLoopScenario(AppendScenario log, Workbench bench)
    : BareScenario(ScenarioCatalog.BareLoop, $"pwrite + fdatasync of the bytes of {log.Name}", log, bench)
{
    public override Task CallAsync(Caller caller)
    {
        while (caller.Next())
            Write();
        return Task.CompletedTask;
    }
}

/// <summary>Makes as many large writes and flushes as the log did, of its batches' mean size; counted in the log's appends.</summary>
internal sealed class DeviceScenario(AppendScenario log, Workbench bench)
    : BareScenario(ScenarioCatalog.Device, $"pwrite + fdatasync of the batches of {log.Name}", log, bench)
{
    public override double OperationsPerCall => Written.FramesPerBatch;

    public override Task CallAsync(Caller caller)
    {
        for (long i = 0; i < Written.Batches; i++)
        {
            caller.Begin();
            Write();
            caller.End();
        }

        return Task.CompletedTask;
    }
}
