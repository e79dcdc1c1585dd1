using System.Net;
using Actors.Orleans;
using Actors.Silo;
using Orleans.Configuration;

try
{
    return args is [HealthQuestion.Verb, .. string[] settings]
        ? await HealthQuestion.AskAsync(settings)
        : await Build(args).RunOrCheckAsync(args);
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
    builder.AddTelemetry();
    builder.Services.AddHealthChecks().AddWriteAheadLog().AddSiloStarted();
    builder.Host.UseOrleans(silo =>
    {
        silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        if (!builder.Configuration.GetSection("Orleans:Clustering").Exists())
            silo.UseDevelopmentClustering(new IPEndPoint(address, settings.SiloPort));
        silo.Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:ClusterMembership"));
        silo.UseDoors();
    });

    bool explores = ExplorerPage.Add(builder);
    WebApplication app = builder.Build();
    app.MapHealthChecks("/health/live", HealthText.Of(WriteAheadLogHealthExtensions.LiveTag));
    app.MapHealthChecks("/health/ready", HealthText.Of(WriteAheadLogHealthExtensions.ReadyTag));
    app.MapGet("/stats", () => app.Services.GetWriteAheadLogStatus());
    if (explores)
        ExplorerPage.Map(app);
    return app;
}

// Errors that an operator can correct are printed as one line, without a stack trace.
static string? Operator(Exception error) => error switch
{
    SettingsException or Orleans.Runtime.OrleansConfigurationException => error.Message,
    Actors.Wal.LogStoreException => error.Message,
    IOException => error.Message,
    System.Data.Common.DbException => $"The PostgreSQL server refused: {error.Message} Check the server, and the connection strings of the log (Postgres:ConnectionString) and of the cluster (Orleans:Clustering:ConnectionString).",
    AggregateException { InnerException: { } inner } => Operator(inner),
    { InnerException: { } inner } => Operator(inner),
    _ => null,
};
