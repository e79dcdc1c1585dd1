using System.Diagnostics;
using Actors.Reliability;
using Actors.Reliability.Layers;
using Actors.Reliability.Processes;
using Actors.Reliability.Reporting;

if (ReliabilityProgram.Find(args) is { } part)
    return await part;
return CommandLine.Run(args, (layers, budget, cancellationToken) =>
{
    var report = new Report(Prerequisite.IsMandatory);
    foreach (Layer layer in layers)
    {
        long started = Stopwatch.GetTimestamp();
        report.Add(layer, layer.Run(budget, cancellationToken), Stopwatch.GetElapsedTime(started));
    }

    report.Sum();
    return report.Failed == 0 ? 0 : 1;
});
