using Actors.Reliability.Layers;
using Actors.Reliability.Reporting;

namespace Actors.Reliability.Tests;

public sealed class ReportTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void A_layer_that_lacks_something_has_failed_where_all_are_mandatory(bool isAllMandatory, int failed)
    {
        var report = new Report(isAllMandatory);
        report.Add(LayerCatalogue.All[0], LayerReport.Skipped(["strace"]), TimeSpan.Zero);
        Assert.Equal(failed, report.Failed);
    }
}
