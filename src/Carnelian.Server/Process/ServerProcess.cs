using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>What the configuration does to the process that the server runs in, as far as that is the server's own.</summary>
internal sealed class ServerProcess(Server server)
{
    private readonly OomScore _oomScore = new(server);

    /// <summary>Open files that maxclients leaves to others than clients.</summary>
    internal int ReservedFiles { get; private set; } = OpenFiles.ReservedMin;

    /// <summary>At start. Null, or why the server must not run.</summary>
    public string? Prepare()
    {
        var options = server.Options;
        ReservedFiles = OpenFiles.CountReserved(server);
        if (OpenFiles.Adjust(server) is { } tooFew) return tooFew;
        if (!server.World.Host.SetCollation(options.LocaleCollate))
        {
            // What the configuration asks for is meant; an environment that names a locale of another machine is an everyday thing.
            if (options.LocaleCollate.Length > 0) return "Failed to configure LOCALE for invalid locale name.";
            server.Log.LogWarning("Warning: Failed to configure LOCALE derived from the environment variables, using the default locale 'C'.");
        }
        ShowTitle();
        return null;
    }

    /// <summary>What ps shows. Never fails: a title is not worth it.</summary>
    internal string? ShowTitle()
    {
        if (server.Options.SetProcessTitle) server.World.Host.SetTitle(ProcessTitle.Of(server.Options, server.World.Process.CalledAs));
        return null;
    }

    /// <summary>Lets the kernel know how readily to kill the server, once it runs. Null, or why not.</summary>
    public string? AdjustOomScore() => _oomScore.Apply();
}
