using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>What a server does with its files before it serves: clears up behind a dead run, and loads what there is.</summary>
internal sealed class StartupLoading(Server server)
{
    private long _beganNanoseconds;

    /// <summary>What is loaded is not what the server kept itself.</summary>
    private bool _isPreloading;

    /// <summary>Why the data could not be loaded: the server must not go on, or it would overwrite them.</summary>
    public string? Error { get; private set; }

    /// <summary>Called when the server listens and is about to look at its files.</summary>
    public Action? Begins { get; set; }

    /// <summary>Called when the server may serve.</summary>
    public Action? Ended { get; set; }

    /// <summary>All is loaded.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Begins; <see cref="DataLoading"/> goes on with it, if there is something to load.</summary>
    public void Begin()
    {
        _beganNanoseconds = server.World.Clock.MonotonicNanoseconds;
        Begins?.Invoke();
        Leftovers.Remove(server.World, server.Options.Persistence, server.Log);
        if (!server.AppendOnly.TryReadManifest()) Fail("the manifest of the append-only file can't be read");
        else if (PreloadFile.Of(server.Options.Persistence) is { } preload && !(server.Options.Persistence.AppendOnly.IsOn && server.AppendOnly.IsOwnManifest(preload.Path))) BeginPreload(preload);
        else if (server.Options.Persistence.AppendOnly.IsOn) BeginAppendOnly();
        else BeginDatabaseFile();
    }

    private void BeginAppendOnly()
    {
        var load = server.AppendOnly.NewLoad(server.Executor);
        load.TakesFunctions = server.TakeFunctions;
        load.Begin();
        if (load.Outcome is null) server.Loading.Begin(load, End);
        else if (load.Outcome == AppendOnlyOutcome.Failed) Fail(load.Error!);
        else if (load.Outcome == AppendOnlyOutcome.Missing) BeginDatabaseFile();
        else End(load);
    }

    private void BeginPreload(PreloadFile preload)
    {
        _isPreloading = true;
        server.Log.LogWarning("Loading {Path} (preload-file); the server's own files are not loaded", preload.Path);
        if (!preload.IsAppendOnly)
        {
            if (server.DatabaseFile.TryOpen(out var file, elsewhere: preload.Path) is { } error) Fail(error);
            else server.Loading.Begin(file!, End);
            return;
        }
        if (server.AppendOnly.NewLoadOf(preload.Path, server.Executor) is not { } load)
        {
            Fail("the file that preload-file names can't be read");
            return;
        }
        load.Begin();
        if (load.Outcome is null) server.Loading.Begin(load, End);
        else if (load.Outcome == AppendOnlyOutcome.Failed) Fail(load.Error!);
        else End(load);
    }

    private void BeginDatabaseFile()
    {
        if (server.DatabaseFile.TryOpen(out var load) is { } error) Fail(error);
        else if (load is not null) server.Loading.Begin(load, End);
        else OpenAppendOnly();
    }

    private void End(Load load)
    {
        if (load.Error is { } error)
        {
            if (load is RdbLoad) server.Log.LogWarning("Terminating server after rdb file reading failure.");
            Fail(error);
            return;
        }
        var source = "append only file";
        if (load is not AppendOnlyLoad)
        {
            source = "disk";
            server.DatabaseFile.Keep((RdbLoad)load);
            if (server.TakeFunctions(server.Saves.Functions) is { } refusal)
            {
                server.Log.LogWarning("Failed loading library, {Error}", refusal);
                Fail(refusal);
                return;
            }
        }
        var seconds = (server.World.Clock.MonotonicNanoseconds - _beganNanoseconds) / 1e9;
        server.Log.LogInformation("DB loaded from {Source}: {Seconds} seconds", source, seconds.ToString("f3", CultureInfo.InvariantCulture));
        OpenAppendOnly();
        if (Error is null) Ended?.Invoke();
    }

    /// <summary>What is changed from now on is written behind what was loaded; what came from an RDB file becomes the base.</summary>
    private void OpenAppendOnly()
    {
        IsOver = true;
        if (!server.Options.Persistence.AppendOnly.IsOn) return;
        if (server.AppendOnly.OpenAtStart(replaces: _isPreloading) is not { } error)
        {
            server.AppendOnly.Rewrites.TryDeleteHistory();
            return;
        }
        server.Log.LogWarning("{Error}", error);
        Error = error;
        server.RequestStop();
    }

    private void Fail(string error)
    {
        Error = error;
        server.Log.LogWarning("Fatal error loading the DB, check server logs. Exiting.");
        server.RequestStop();
    }
}
