namespace Carnelian;

/// <summary>INFO: sections under Redis' names and in its order, so that what reads Redis' reads Carnelian's.</summary>
internal static class InfoReport
{
    /// <summary>When a section is shown without being asked for by its name.</summary>
    private enum Shown
    {
        Always,
        WithAll,
        Never,
    }

    private sealed record Section(string Name, string Title, Shown Shown, Action<InfoText, Server> Write);

    private static readonly Section[] _sections =
    [
        new("server", "Server", Shown.Always, ServerSections.WriteServer),
        new("clients", "Clients", Shown.Always, ServerSections.WriteClients),
        new("memory", "Memory", Shown.Always, MemorySection.Write),
        new("persistence", "Persistence", Shown.Always, PersistenceSection.Write),
        new("threads", "Threads", Shown.Always, ServerSections.WriteThreads),
        new("stats", "Stats", Shown.Always, StatisticsSections.WriteStatistics),
        new("replication", "Replication", Shown.Always, AbsentSections.WriteReplication),
        new("cpu", "CPU", Shown.Always, ServerSections.WriteCpu),
        new("modules", "Modules", Shown.Always, (_, _) => { }),
        new("commandstats", "Commandstats", Shown.WithAll, StatisticsSections.WriteCommands),
        new("errorstats", "Errorstats", Shown.Always, StatisticsSections.WriteErrors),
        new("latencystats", "Latencystats", Shown.WithAll, StatisticsSections.WriteLatencies),
        new("cluster", "Cluster", Shown.Always, (text, server) => text.Line("cluster_enabled", server.Options.Keyspace.UsesSlots ? 1 : 0)),
        new("keyspace", "Keyspace", Shown.Always, ServerSections.WriteKeyspace),
        new("keysizes", "Keysizes", Shown.Always, ServerSections.WriteKeySizes),
        new("debug", "Debug", Shown.Never, StatisticsSections.WriteDebug),
    ];

    /// <param name="asked">Section names in lower case, perhaps "default", "all" or "everything"; none: the default ones.</param>
    public static ReadOnlySpan<byte> Write(Server server, ReadOnlySpan<string> asked)
    {
        var text = new InfoText();
        foreach (var section in _sections)
        {
            if (!IsWanted(section, asked)) continue;
            text.Title(section.Title);
            section.Write(text, server);
        }
        return text.Bytes;
    }

    private static bool IsWanted(Section section, ReadOnlySpan<string> asked)
    {
        if (asked.IsEmpty) return section.Shown == Shown.Always;
        foreach (var name in asked)
        {
            if (name == section.Name) return true;
            if (name == "default" && section.Shown == Shown.Always) return true;
            if (name is "all" or "everything" && section.Shown != Shown.Never) return true;
            // What Redis calls the list of modules, apart from what modules themselves tell.
            if (name == "module_list" && section.Name == "modules") return true;
        }
        return false;
    }
}
