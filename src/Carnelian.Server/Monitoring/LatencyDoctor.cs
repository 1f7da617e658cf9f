using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>LATENCY DOCTOR: the spikes of each kind in Redis' words, and what may be done about them here.</summary>
internal static class LatencyDoctor
{
    public static string Report(Server server)
    {
        var latency = server.Executor.Logs.Latency;
        if (latency.Series.Count > 0) return Describe(server, latency);
        return latency.IsOn
            ? "No latency spike has been observed since the monitoring began or was reset.\n"
            : "Latency monitoring is off, and nothing has been observed. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n";
    }

    private static string Describe(Server server, LatencyMonitor latency)
    {
        var text = new StringBuilder("Latency spikes have been observed in this instance:\n\n");
        var advice = new List<string>();
        for (var i = 0; i < latency.Series.Count; i++)
        {
            var series = latency.Series[i];
            AppendFacts(text, i + 1, series, server.NowMs / 1000);
            Advise(server, series.Name, advice);
        }
        if (advice.Count == 0) return text.Append("\nThere is no advice on events of these kinds.\n").ToString();
        text.Append("\nWhat may help:\n\n");
        foreach (var line in advice) text.Append("- ").Append(line).Append('\n');
        return text.ToString();
    }

    private static void AppendFacts(StringBuilder text, int number, LatencySeries series, long nowSeconds)
    {
        var samples = series.Samples;
        long sum = 0, deviations = 0;
        foreach (var sample in samples) sum += sample.Milliseconds;
        var average = sum / samples.Count;
        foreach (var sample in samples) deviations += Math.Abs(average - sample.Milliseconds);
        var seconds = Math.Max(1, nowSeconds - samples[0].UnixSeconds);
        text.Append(CultureInfo.InvariantCulture, $"{number}. {series.Name}: {samples.Count} latency spikes (average {average}ms, mean deviation {deviations / samples.Count}ms, ");
        text.Append(CultureInfo.InvariantCulture, $"period {(double)seconds / samples.Count:F2} sec). Worst all time event {series.MaxMs}ms.\n");
    }

    private static void Advise(Server server, string name, List<string> advice)
    {
        switch (name)
        {
            case LatencyEvents.Command: AdviseOnCommands(server.Executor.Logs, advice); break;
            case LatencyEvents.FastCommand:
                advice.Add("Commands that need little time took long: the machine did not let the server run. Lower its load, look for others on the same host, and "
                    + "compare with the times of 'redis-cli --intrinsic-latency 100'.");
                break;
            case LatencyEvents.ExpireCycle or LatencyEvents.ExpireDelete:
                advice.Add("Many keys expire at once. Spread their times, or lower active-expire-effort, so that a slice of the work is shorter.");
                break;
            case LatencyEvents.DefragmentationCycle: advice.Add("Lower active-defrag-cycle-max, so that a slice of moving memory is shorter."); break;
            case LatencyEvents.EvictionCycle or LatencyEvents.EvictionDelete:
                advice.Add("Much had to be evicted at once: maxmemory was lowered, or large values came. Leave more room below maxmemory.");
                break;
        }
    }

    private static void AdviseOnCommands(CommandLogs logs, List<string> advice)
    {
        var (threshold, wanted) = (logs.Slow.Threshold, logs.Latency.ThresholdMs * 1000);
        if (threshold < 0 || logs.Slow.LengthMax == 0)
            advice.Add($"The slow log is off, which would tell the commands that take long: 'CONFIG SET slowlog-log-slower-than {wanted}' and a slowlog-max-len above 0.");
        else if (threshold > wanted && logs.Latency.IsOn)
            advice.Add($"The slow log leaves out some of what is counted as a spike: 'CONFIG SET slowlog-log-slower-than {wanted}' makes them agree.");
        advice.Add("SLOWLOG GET tells which commands take long. What grows with the size of a key or of the keyspace can be asked for in parts (SCAN, ranges, COUNT).");
    }
}
