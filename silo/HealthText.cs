using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Actors.Silo;

/// <summary>Writes the answer of a health check: the status, and for each check that is not healthy a line with its reason.</summary>
internal static class HealthText
{
    /// <summary>The options of an endpoint for the checks with a tag.</summary>
    public static HealthCheckOptions Of(string tag) => new() { Predicate = c => c.Tags.Contains(tag), ResponseWriter = WriteAsync };

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        IEnumerable<string> reasons = report.Entries
            .Where(e => e.Value.Status != HealthStatus.Healthy)
            .Select(e => $"{e.Key}: {e.Value.Description}");
        return context.Response.WriteAsync(string.Join('\n', [$"{report.Status}", .. reasons]));
    }
}
