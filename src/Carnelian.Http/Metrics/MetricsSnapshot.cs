using System.Text;

namespace Carnelian;

/// <summary>
/// What metrics are made of, all as of one moment. Collected on the command thread in one go: some hundred numbers, and a walk through the histogram of
/// each command that has run; read by any thread afterwards.
/// </summary>
internal sealed class MetricsSnapshot
{
    /// <summary>Durations of calls are counted by doublings, as LATENCY HISTOGRAM shows them: below 2^10 ns, 2^11 ns, up to 2^30 ns, which is a second.</summary>
    public const int FirstDoubling = 10, Doublings = 21;

    /// <param name="Percentiles">Nanoseconds, of the percents in <see cref="MetricsSnapshot.Percents"/>.</param>
    /// <param name="Below">How many calls took less than each doubling; empty where latencies are not tracked.</param>
    internal sealed record Command(string Name, long Calls, long Nanoseconds, long Rejected, long Failed, long[] Percentiles, long[] Below);

    internal readonly record struct Database(int Number, long Keys, long Expiring, long AverageTtlMs);

    private MetricsSnapshot(Server server)
    {
        Info = InfoReport.Write(server, InfoFields.Sections).ToArray();
        Percents = server.Options.LatencyPercentiles;
        Commands = CollectCommands(server, Percents);
        Databases = CollectDatabases(server);
        Errors = [.. server.Executor.Errors.ByCode];
        SlowLogLength = server.Executor.Logs.Slow.Entries.Count;
        LastSlow = server.Executor.Logs.Slow.Entries.FirstOrDefault();
        Spikes = [.. server.Executor.Logs.Latency.Series.Select(series => (series.Name, series.Samples[^1]))];
        OutputLimits = server.Options.OutputBufferLimits;
        ConfiguredMemory = unchecked((long)server.Options.Keyspace.MaxMemory);
        ConfiguredThreads = ServerSettings.Number(server, "io-threads", 1);
        ConfiguredBacklog = ServerSettings.Number(server, "repl-backlog-size", 0);
        StartedMs = server.StartedMs;
        BytesOf = Array.ConvertAll(Purposes, server.Allocator.UsedBytesOf);
        CachedBytes = server.Allocator.CachedBytes;
        LeavingBytes = server.Allocator.LeavingBytes;
        LiveBlocks = server.Allocator.LiveBlocks;
    }

    public static Purpose[] Purposes { get; } = Enum.GetValues<Purpose>();

    /// <summary>INFO's sections that have fields which are metrics: lines "name:value".</summary>
    public byte[] Info { get; }

    public double[] Percents { get; }

    /// <summary>Those that have been called or refused.</summary>
    public List<Command> Commands { get; }

    /// <summary>Those that have keys.</summary>
    public List<Database> Databases { get; }

    public KeyValuePair<string, long>[] Errors { get; }

    public int SlowLogLength { get; }

    public CommandLogEntry? LastSlow { get; }

    /// <summary>Of each kind of event that LATENCY has noted the latest.</summary>
    public (string Event, LatencySample Latest)[] Spikes { get; }

    /// <summary>By client class.</summary>
    public OutputBufferLimit[] OutputLimits { get; }

    public long ConfiguredMemory { get; }

    public long ConfiguredThreads { get; }

    public long ConfiguredBacklog { get; }

    /// <summary>Unix milliseconds.</summary>
    public long StartedMs { get; }

    /// <summary>By <see cref="Purposes"/>.</summary>
    public long[] BytesOf { get; }

    public long CachedBytes { get; }

    public long LeavingBytes { get; }

    public long LiveBlocks { get; }

    /// <summary>Call it on the command thread.</summary>
    public static MetricsSnapshot Collect(Server server) => new(server);

    /// <summary>INFO's fields by name.</summary>
    public Dictionary<string, string> ReadInfo()
    {
        var fields = new Dictionary<string, string>();
        foreach (var line in Encoding.Latin1.GetString(Info).Split("\r\n"))
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line[0] != '#') fields[line[..colon]] = line[(colon + 1)..];
        }
        return fields;
    }

    private static List<Command> CollectCommands(Server server, double[] percents)
    {
        var commands = new List<Command>();
        foreach (var command in server.Executor.Commands.All)
        {
            var s = server.Executor.Statistics[command.Index];
            if (s.Calls == 0 && s.Rejected == 0 && s.Failed == 0) continue;
            long[] percentiles = [], below = [];
            if (server.Executor.TracksLatency && s.Latencies.Total > 0)
            {
                percentiles = Array.ConvertAll(percents, s.Latencies.Percentile);
                below = new long[Doublings];
                s.Latencies.CountBelow(FirstDoubling, below);
            }
            commands.Add(new(command.FullName, s.Calls, s.Nanoseconds, s.Rejected, s.Failed, percentiles, below));
        }
        return commands;
    }

    private static List<Database> CollectDatabases(Server server)
    {
        var databases = new List<Database>();
        foreach (var database in server.Keyspace.Databases)
        {
            var data = database.Data;
            if (data.Count > 0) databases.Add(new(database.Number, data.Count, data.Expiring, data.AverageTtlMs));
        }
        return databases;
    }
}
