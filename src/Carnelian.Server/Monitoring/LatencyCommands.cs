using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>LATENCY and its subcommands.</summary>
[Command("LATENCY", Summary = "A container for latency diagnostics commands.", Since = "2.8.13", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class LatencyCommands
{
    /// <summary>Of a histogram: from a microsecond on, up to a second, as powers of two of a nanosecond.</summary>
    private const int FirstDoubling = 10, LastDoubling = 30;

    private const CommandFlags Flags = Admin | NoScript | Loading | Stale;
    private const string Tips = "nondeterministic_output request_policy:all_nodes response_policy:special";

    [Command("LATENCY LATEST", Summary = "Returns the latest latency samples for all events.", Since = "2.8.13", Complexity = "O(1)", Flags = Flags, Tips = Tips)]
    internal static void Latest(ref Call call)
    {
        var all = call.Executor.Logs.Latency.Series;
        call.Reply.Array(all.Count);
        foreach (var series in all)
        {
            call.Reply.Array(4);
            call.Reply.Bulk(series.Name);
            call.Reply.Integer(series.Samples[^1].UnixSeconds);
            call.Reply.Integer(series.Samples[^1].Milliseconds);
            call.Reply.Integer(series.MaxMs);
        }
    }

    [Command("LATENCY HISTORY", Summary = "Returns timestamp-latency samples for an event.", Since = "2.8.13", Complexity = "O(1)", Flags = Flags,
        Arguments = "event", Tips = Tips)]
    internal static void History(ref Call call)
    {
        var samples = call.Executor.Logs.Latency.Find(call.Args[2])?.Samples ?? [];
        call.Reply.Array(samples.Count);
        foreach (var sample in samples)
        {
            call.Reply.Array(2);
            call.Reply.Integer(sample.UnixSeconds);
            call.Reply.Integer(sample.Milliseconds);
        }
    }

    [Command("LATENCY GRAPH", Summary = "Returns a latency graph for an event.", Since = "2.8.13", Complexity = "O(1)", Flags = Flags,
        Arguments = "event", Tips = Tips)]
    internal static void Graph(ref Call call)
    {
        if (call.Executor.Logs.Latency.Find(call.Args[2]) is not { } series)
        {
            call.Fail("ERR No samples available for event '", 2, "'"u8);
            return;
        }
        call.Reply.Verbatim(ByteText.ToBytes(LatencyGraph.Draw(series, call.NowMs / 1000)), "txt"u8);
    }

    [Command("LATENCY DOCTOR", Summary = "Returns a human-readable latency analysis report.", Since = "2.8.13", Complexity = "O(1)", Flags = Flags, Tips = Tips)]
    internal static void Doctor(ref Call call) => call.Reply.Verbatim(ByteText.ToBytes(LatencyDoctor.Report(call.Server())), "txt"u8);

    [Command("LATENCY RESET", Summary = "Resets the latency data for one or more events.", Since = "2.8.13", Complexity = "O(1)", Flags = Flags,
        Arguments = "[event...]", Tips = "request_policy:all_nodes response_policy:agg_sum")]
    internal static void Reset(ref Call call)
    {
        var latency = call.Executor.Logs.Latency;
        var forgotten = call.Args.Count == 2 ? latency.Reset(default, all: true) : 0;
        for (var i = 2; i < call.Args.Count; i++) forgotten += latency.Reset(call.Args[i], all: false);
        call.Reply.Integer(forgotten);
    }

    [Command("LATENCY HISTOGRAM", Summary = "Returns the cumulative distribution of latencies of a subset or all commands.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of commands with latency information being retrieved.", Flags = Flags,
        Arguments = "[command...]", Tips = Tips)]
    internal static void Histogram(ref Call call)
    {
        var known = new List<Command>();
        if (call.Args.Count == 2) AddKnown(ref call, known, call.Commands.All);
        for (var i = 2; i < call.Args.Count; i++)
        {
            if (call.Commands.FindFullName(call.Args[i]) is not { } command) continue;
            AddKnown(ref call, known, [command]);
            AddKnown(ref call, known, command.Subcommands);
        }
        call.Reply.Map(known.Count);
        foreach (var command in known)
        {
            call.Reply.Bulk(command.FullName);
            Write(ref call, call.Executor.Statistics[command.Index].Latencies);
        }
    }

    /// <summary>Adds those that have been called.</summary>
    private static void AddKnown(ref Call call, List<Command> known, scoped ReadOnlySpan<Command> commands)
    {
        foreach (var command in commands)
        {
            if (call.Executor.Statistics[command.Index].Latencies.Total > 0) known.Add(command);
        }
    }

    /// <summary>How many calls took up to each doubling of a microsecond, where these are more than up to the one before.</summary>
    private static void Write(ref Call call, LatencyHistogram latencies)
    {
        Span<long> counts = stackalloc long[LastDoubling - FirstDoubling + 1];
        latencies.CountBelow(FirstDoubling, counts);
        // What took longer than the last one counts there.
        counts[^1] = latencies.Total;
        var steps = 0;
        for (var i = 0; i < counts.Length; i++) steps += HasMore(counts, i) ? 1 : 0;
        call.Reply.Map(2);
        call.Reply.Bulk("calls"u8);
        call.Reply.Integer(latencies.Total);
        call.Reply.Bulk("histogram_usec"u8);
        call.Reply.Map(steps);
        for (var i = 0; i < counts.Length; i++)
        {
            if (!HasMore(counts, i)) continue;
            call.Reply.Integer(BoundOf(FirstDoubling + i));
            call.Reply.Integer(counts[i]);
        }
    }

    private static bool HasMore(ReadOnlySpan<long> counts, int i) => counts[i] > (i == 0 ? 0 : counts[i - 1]);

    /// <summary>
    /// Microseconds, as Redis' histogram of two significant digits has them: the highest duration of the class that begins with a power of two. That of the last
    /// one ends before it: there the histogram ends.
    /// </summary>
    private static long BoundOf(int doubling) => ((1L << doubling) + (doubling < LastDoubling ? 1L << (doubling - 7) : 0) - 1) / 1000;

    [Command("LATENCY HELP", Summary = "Returns helpful text about the different subcommands.", Since = "2.8.13", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "DOCTOR",
        "    Return a human readable latency analysis report.",
        "GRAPH <event>",
        "    Return an ASCII latency graph for the <event> class.",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
        "    If no commands are specified then all histograms are replied.");
}
