using System.Globalization;

namespace Carnelian;

/// <summary>How a scrape went.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Error">Why there is no snapshot; null: there is one.</param>
internal sealed record ScrapeOutcome(long Number, double Seconds, string? Error = null);

/// <summary>A scrape's text, made of a snapshot. Nothing here is the command thread's work.</summary>
internal static class MetricsText
{
    private const double Microsecond = 1e-6, Millisecond = 1e-3, NanosecondsPerSecond = 1e9, NanosecondsPerMicrosecond = 1e3;

    private static readonly string[] _clientClasses = ["normal", "slave", "pubsub"];

    private static readonly string[] _boundaries = [.. Enumerable.Range(MetricsSnapshot.FirstDoubling, MetricsSnapshot.Doublings).Select(Boundary)];

    /// <param name="snapshot">Null: the command thread gave none in time.</param>
    public static ReadOnlyMemory<byte>[] Write(MetricsSnapshot? snapshot, ScrapeOutcome outcome)
    {
        var text = new PrometheusText();
        text.Only(MetricFamilies.Up, snapshot is null ? 0 : 1);
        text.Begin(MetricFamilies.LastScrapeError);
        text.Value(outcome.Error is null ? 0 : 1, ("err", outcome.Error ?? ""));
        text.Only(MetricFamilies.LastScrapeSeconds, outcome.Seconds);
        text.Only(MetricFamilies.Scrapes, outcome.Number);
        WriteProcess(text);
        if (snapshot is null) return text.Parts;
        var info = snapshot.ReadInfo();
        WriteInstance(text, snapshot, info);
        WriteFields(text, info);
        WriteDatabases(text, snapshot.Databases);
        WriteCommands(text, snapshot);
        WriteErrors(text, snapshot.Errors);
        WriteSlowLog(text, snapshot);
        WriteSpikes(text, snapshot.Spikes);
        WriteConfiguration(text, snapshot, info);
        WriteMemory(text, snapshot);
        return text.Parts;
    }

    /// <summary>What LATENCY HISTOGRAM of Redis calls the boundary of 2^n ns, microseconds: the end of the class of 1/128 that begins there.</summary>
    public static string Boundary(int doubling)
    {
        var nanoseconds = 1L << doubling;
        return ((nanoseconds + nanoseconds / 128 - 1) / 1000).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Of the program and the .NET heap, which no command thread has to be asked for.</summary>
    private static void WriteProcess(PrometheusText text)
    {
        text.Begin(MetricFamilies.BuildInfo);
        text.Value(1, ("version", Release.Version), ("dotnet", Environment.Version.ToString()));
        text.Begin(MetricFamilies.Collections);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            text.Value(GC.CollectionCount(generation), ("generation", $"{generation}"));
        text.Only(MetricFamilies.PauseSeconds, GC.GetTotalPauseDuration().TotalSeconds);
    }

    private static void WriteInstance(PrometheusText text, MetricsSnapshot snapshot, Dictionary<string, string> info)
    {
        text.Begin(MetricFamilies.InstanceInfo);
        text.Value(1, Array.ConvertAll(MetricFamilies.InstanceInfo.Labels, label => (label, info.GetValueOrDefault(label, ""))));
        text.Only(MetricFamilies.StartTime, Math.Floor(snapshot.StartedMs * Millisecond));
    }

    private static void WriteFields(PrometheusText text, Dictionary<string, string> info)
    {
        foreach (var field in InfoFields.All)
        {
            if (info.TryGetValue(field.Name, out var value) && Number(value) is { } number) text.Only(field.Family, number * field.Unit);
        }
    }

    /// <summary>Null: a value that is none.</summary>
    private static double? Number(string value) => value switch
    {
        "ok" => 1,
        "err" => 0,
        _ => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
    };

    private static void WriteDatabases(PrometheusText text, List<MetricsSnapshot.Database> databases)
    {
        Each(MetricFamilies.Keys, database => database.Keys);
        Each(MetricFamilies.ExpiringKeys, database => database.Expiring);
        Each(MetricFamilies.AverageTtl, database => database.AverageTtlMs * Millisecond);

        void Each(MetricFamily family, Func<MetricsSnapshot.Database, double> value)
        {
            text.Begin(family);
            foreach (var database in databases) text.Value(value(database), ("db", $"db{database.Number}"));
        }
    }

    private static void WriteCommands(PrometheusText text, MetricsSnapshot snapshot)
    {
        Each(MetricFamilies.Calls, command => command.Calls);
        Each(MetricFamilies.CallSeconds, command => command.Nanoseconds / NanosecondsPerSecond);
        Each(MetricFamilies.RejectedCalls, command => command.Rejected);
        Each(MetricFamilies.FailedCalls, command => command.Failed);
        WritePercentiles(text, snapshot);
        WriteHistograms(text, snapshot);

        void Each(MetricFamily family, Func<MetricsSnapshot.Command, double> value)
        {
            text.Begin(family);
            foreach (var command in snapshot.Commands) text.Value(value(command), ("cmd", command.Name));
        }
    }

    /// <summary>The quantiles are percents, as redis_exporter has them, not parts of one.</summary>
    private static void WritePercentiles(PrometheusText text, MetricsSnapshot snapshot)
    {
        text.Begin(MetricFamilies.LatencyPercentiles);
        foreach (var command in snapshot.Commands)
        {
            if (command.Percentiles.Length == 0) continue;
            for (var i = 0; i < command.Percentiles.Length; i++)
                text.Value(command.Percentiles[i] / NanosecondsPerMicrosecond, ("cmd", command.Name), ("quantile", snapshot.Percents[i].ToString(CultureInfo.InvariantCulture)));
            WriteTotals(text, command);
        }
    }

    private static void WriteHistograms(PrometheusText text, MetricsSnapshot snapshot)
    {
        text.Begin(MetricFamilies.Latencies);
        foreach (var command in snapshot.Commands)
        {
            if (command.Below.Length == 0) continue;
            for (var i = 0; i < command.Below.Length; i++) text.ValueOf("_bucket", command.Below[i], ("cmd", command.Name), ("le", _boundaries[i]));
            text.ValueOf("_bucket", command.Calls, ("cmd", command.Name), ("le", "+Inf"));
            WriteTotals(text, command);
        }
    }

    private static void WriteTotals(PrometheusText text, MetricsSnapshot.Command command)
    {
        text.ValueOf("_sum", command.Nanoseconds / NanosecondsPerMicrosecond, ("cmd", command.Name));
        text.ValueOf("_count", command.Calls, ("cmd", command.Name));
    }

    private static void WriteErrors(PrometheusText text, KeyValuePair<string, long>[] errors)
    {
        text.Begin(MetricFamilies.Errors);
        foreach (var (code, count) in errors) text.Value(count, ("err", code));
    }

    private static void WriteSlowLog(PrometheusText text, MetricsSnapshot snapshot)
    {
        text.Only(MetricFamilies.SlowLogLength, snapshot.SlowLogLength);
        text.Only(MetricFamilies.SlowLogLastId, snapshot.LastSlow?.Id ?? 0);
        text.Only(MetricFamilies.LastSlowSeconds, (snapshot.LastSlow?.Value ?? 0) * Microsecond);
    }

    private static void WriteSpikes(PrometheusText text, (string Event, LatencySample Latest)[] spikes)
    {
        text.Begin(MetricFamilies.SpikeTime);
        foreach (var (name, latest) in spikes) text.Value(latest.UnixSeconds, ("event_name", name));
        text.Begin(MetricFamilies.SpikeSeconds);
        foreach (var (name, latest) in spikes) text.Value(latest.Milliseconds * Millisecond, ("event_name", name));
    }

    private static void WriteConfiguration(PrometheusText text, MetricsSnapshot snapshot, Dictionary<string, string> info)
    {
        text.Only(MetricFamilies.ConfiguredClients, Number(info["maxclients"]) ?? 0);
        text.Only(MetricFamilies.ConfiguredMemory, snapshot.ConfiguredMemory);
        text.Only(MetricFamilies.ConfiguredThreads, snapshot.ConfiguredThreads);
        text.Only(MetricFamilies.ConfiguredBacklog, snapshot.ConfiguredBacklog);
        text.Begin(MetricFamilies.OutputLimitBytes);
        for (var i = 0; i < _clientClasses.Length; i++)
        {
            text.Value(snapshot.OutputLimits[i].HardBytes, ("class", _clientClasses[i]), ("limit", "hard"));
            text.Value(snapshot.OutputLimits[i].SoftBytes, ("class", _clientClasses[i]), ("limit", "soft"));
        }
        text.Begin(MetricFamilies.OutputLimitSeconds);
        for (var i = 0; i < _clientClasses.Length; i++) text.Value(snapshot.OutputLimits[i].SoftSeconds, ("class", _clientClasses[i]), ("limit", "soft"));
    }

    private static void WriteMemory(PrometheusText text, MetricsSnapshot snapshot)
    {
        text.Begin(MetricFamilies.MemoryByPurpose);
        for (var i = 0; i < snapshot.BytesOf.Length; i++) text.Value(snapshot.BytesOf[i], ("purpose", MetricsSnapshot.Purposes[i].ToString()));
        text.Only(MetricFamilies.CachedMemory, snapshot.CachedBytes);
        text.Only(MetricFamilies.LeavingMemory, snapshot.LeavingBytes);
        text.Only(MetricFamilies.LiveBlocks, snapshot.LiveBlocks);
    }
}
