using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>MEMORY and its subcommands.</summary>
[Command("MEMORY", Summary = "A container for memory diagnostics commands.", Since = "4.0.0", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class MemoryCommands
{
    private const long DefaultSamples = 5;

    [Command("MEMORY USAGE", Summary = "Estimates the memory usage of a key.", Since = "4.0.0", Complexity = "O(N) where N is the number of samples.",
        Flags = ReadOnly, Keys = "2 RO",
        Arguments = "key [SAMPLES count:integer]")]
    internal static void Usage(ref Call call)
    {
        var samples = DefaultSamples;
        var options = new OptionReader(call.Args, 3);
        while (options.Next())
        {
            if (!options.TakesInteger("samples"u8, ref samples, min: 0)) options.FailSyntax();
        }
        if (!options.Ends(ref call)) return;
        var view = call.Find(2, LookupFlags.NoEffects);
        if (view.Exists) call.Reply.Integer(call.Database.Data.KeyBytes(view, samples == 0 ? long.MaxValue : samples));
        else call.Reply.Null();
    }

    [Command("MEMORY STATS", Summary = "Returns details about memory usage.", Since = "4.0.0", Complexity = "O(1)",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    internal static void Stats(ref Call call) => MemoryReport.Write(ref call.Reply, call.Server());

    [Command("MEMORY DOCTOR", Summary = "Outputs a memory problems report.", Since = "4.0.0", Complexity = "O(1)",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    internal static void Doctor(ref Call call) =>
        call.Reply.Verbatim(ByteText.ToBytes(MemoryDoctor.Examine(new MemoryUse(call.Server()), call.Server().Clients.Count)), "txt"u8);

    [Command("MEMORY MALLOC-STATS", Summary = "Returns the allocator statistics.", Since = "4.0.0",
        Complexity = "Depends on how much memory is allocated, could be slow",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    internal static void MallocStats(ref Call call) => call.Reply.Verbatim(ByteText.ToBytes(AllocatorReport.Of(call.Server().Allocator)), "txt"u8);

    [Command("MEMORY PURGE", Summary = "Asks the allocator to release memory.", Since = "4.0.0",
        Complexity = "Depends on how much memory is allocated, could be slow",
        Tips = "request_policy:all_shards response_policy:all_succeeded")]
    internal static void Purge(ref Call call)
    {
        call.Server().ReleaseCaches();
        call.Reply.Ok();
    }

    [Command("MEMORY HELP", Summary = "Returns helpful text about the different subcommands.", Since = "4.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "DOCTOR",
        "    Return memory problems reports.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).");
}
