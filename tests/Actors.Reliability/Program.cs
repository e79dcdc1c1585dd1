using System.Diagnostics;
using Actors.Reliability;
using Actors.Reliability.Layers;
using Actors.Reliability.Reporting;

return CommandLine.Run(args, (layers, budget, cancellationToken) =>
{
    var report = new Report();
    Parallel.ForEach(layers.GroupBy(l => l.Waits), new ParallelOptions { CancellationToken = cancellationToken }, lane =>
    {
        foreach (Layer layer in lane)
        {
            long started = Stopwatch.GetTimestamp();
            LayerReport done = layer.Run(budget, cancellationToken);
            lock (report)
                report.Add(layer, done, Stopwatch.GetElapsedTime(started));
        }
    });
    report.Sum();
    return report.Failed == 0 ? 0 : 1;
});
