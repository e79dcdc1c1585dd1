using System.Text.Json;
using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Reporting;

/// <summary>Writes the results as JSON. The constructor checks before the long run that the file can be written.</summary>
internal sealed class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly FileInfo _file;

    public JsonReport(FileInfo file)
    {
        _file = file;
        try
        {
            bool isNew = !file.Exists;
            file.OpenWrite().Dispose();
            if (isNew)
                file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"--json '{file}' can't be written: {e.Message}");
        }
    }

    public void Write(BenchmarkResults results, IReadOnlyList<RatioResult> ratios)
    {
        var report = new
        {
            Results = results.Scenarios.Select(r => new
            {
                r.Scenario,
                r.Callers,
                OpsPerSecond = new
                {
                    Min = Rounded(r.OperationsPerSecond.Min),
                    Median = Rounded(r.OperationsPerSecond.Median),
                    Max = Rounded(r.OperationsPerSecond.Max),
                },
                P50Us = Rounded(r.P50Us),
                P99Us = Rounded(r.P99Us),
                AllocatedBytesPerOp = Rounded(r.AllocatedBytesPerOperation),
            }),
            Ratios = ratios.ToDictionary(r => r.Name, r => Rounded(r.Value)),
        };
        File.WriteAllText(_file.FullName, JsonSerializer.Serialize(report, Options) + Environment.NewLine);
    }

    private static double Rounded(double value) => Math.Round(value, 3);
}
