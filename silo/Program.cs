using System.Net;
using Actors.Silo;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Orleans.Configuration;

try
{
    if (args is [ReplayCheck.Verb, .. string[] rest])
        return await ReplayCheck.RunAsync(rest, Build);
    if (args is [HealthQuestion.Verb, .. string[] settings])
        return await HealthQuestion.AskAsync(settings);
    WebApplication app = Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (Operator(e) is { } message)
{
    await Console.Error.WriteLineAsync($"silo: {message}");
    return 2;
}

static WebApplication Build(string[] args)
{
    WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory,
    });
    SiloSettings settings = SiloSettings.From(builder.Configuration);
    IPAddress address = settings.Address();
    builder.Services.AddSingleton<SiloStats>();
    builder.Services.AddHostedService<Telemetry>();
    builder.Services.AddHealthChecks()
        .AddCheck<StoreHealth>("store", tags: ["live", "ready"])
        .AddCheck<StartedHealth>("started", tags: ["ready"]);
    builder.Host.UseOrleans(silo =>
    {
        silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        if (!builder.Configuration.GetSection("Orleans:Clustering").Exists())
            silo.UseDevelopmentClustering(new IPEndPoint(address, settings.SiloPort));
        silo.Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:ClusterMembership"));
        silo.UseDoors();
    });

    WebApplication app = builder.Build();
    SiloStats stats = app.Services.GetRequiredService<SiloStats>();
    app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = c => c.Tags.Contains("live"), ResponseWriter = HealthText.WriteAsync });
    app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = c => c.Tags.Contains("ready"), ResponseWriter = HealthText.WriteAsync });
    app.MapGet("/stats", () => stats.Read(app.Services));
    return app;
}

// Errors that an operator can correct are printed as one line, without a stack trace.
static string? Operator(Exception error) => error switch
{
    SettingsException or Orleans.Runtime.OrleansConfigurationException => error.Message,
    Actors.Wal.LogStoreException => error.Message,
    IOException or System.Data.Common.DbException => error.Message,
    AggregateException { InnerException: { } inner } => Operator(inner),
    { InnerException: { } inner } => Operator(inner),
    _ => null,
};
