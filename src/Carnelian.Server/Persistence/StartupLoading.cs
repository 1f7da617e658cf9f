using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>What a server does with its files before it serves: clears up behind a dead run, and loads what there is.</summary>
internal sealed class StartupLoading(Server server)
{
    private long _beganNanoseconds;

    /// <summary>Why the data could not be loaded: the server must not go on, or it would overwrite them.</summary>
    public string? Error { get; private set; }

    /// <summary>Called when the server may serve.</summary>
    public Action? Ended { get; set; }

    /// <summary>Begins; <see cref="DataLoading"/> goes on with it, if there is something to load.</summary>
    public void Begin()
    {
        _beganNanoseconds = server.World.Clock.MonotonicNanoseconds;
        Leftovers.Remove(server.World, server.Options.Persistence, server.Log);
        if (server.DatabaseFile.TryOpen(out var load) is { } error) Fail(error);
        else if (load is not null) server.Loading.Begin(load, End);
    }

    private void End(Load load)
    {
        if (load.Error is { } error)
        {
            Fail(error);
            return;
        }
        server.DatabaseFile.Keep((RdbLoad)load);
        var seconds = (server.World.Clock.MonotonicNanoseconds - _beganNanoseconds) / 1e9;
        server.Log.LogInformation("DB loaded from disk: {Seconds} seconds", seconds.ToString("f3", CultureInfo.InvariantCulture));
        Ended?.Invoke();
    }

    private void Fail(string error)
    {
        Error = error;
        server.Log.LogWarning("Fatal error loading the DB, check server logs. Exiting.");
        server.RequestStop();
    }
}
