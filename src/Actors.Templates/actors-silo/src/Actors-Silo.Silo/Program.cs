using Actors.Orleans;
using Actors_Silo.Contracts;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// The log is configured in appsettings.json, under Orleans:GrainStorage:wal.
builder.Host.UseOrleans(silo => silo.UseLocalhostClustering(
    builder.Configuration.GetValue("Silo:SiloPort", 11111),
    builder.Configuration.GetValue("Silo:GatewayPort", 30000)));

WebApplication app = builder.Build();

app.MapGet("/counters/{name}", (string name, IGrainFactory grains) => grains.GetGrain<ICounterGrain>(name).Get());

app.MapPost("/counters/{name}", async (string name, int amount, IGrainFactory grains)
    => amount < 1 ? Results.BadRequest("The amount must be 1 or more.") : Results.Ok(await grains.GetGrain<ICounterGrain>(name).Add(amount)));

// A store that failed accepts nothing until the silo is started again.
app.MapGet("/health", (IServiceProvider services)
    => services.GetWriteAheadLog().Statistics.Failure is { } failure ? Results.Problem(failure.Message) : Results.Ok("Healthy"));

app.Run();
