using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>HOTKEYS and its subcommands, as Redis 8.6 has them.</summary>
[Command("HOTKEYS", Summary = "A container for hotkeys tracking commands.", Since = "8.6.0", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class HotKeysCommands
{
    private const int NanosecondsPerMicrosecond = 1000;

    [Command("HOTKEYS START", Summary = "Starts hotkeys tracking.", Since = "8.6.0", Complexity = "O(1)",
        Flags = Admin | NoScript, Arity = -2,
        Arguments = "(METRICS metrics: count:integer [CPU] [NET]) [COUNT k:integer] [DURATION seconds:integer] [SAMPLE ratio:integer] "
            + "[SLOTS slots: count:integer slot:integer...]")]
    internal static void Start(ref Call call)
    {
        var keys = call.Server().HotKeys;
        if (keys.IsActive) call.Fail("ERR hotkey tracking session already in progress");
        else if (HotKeysOptions.Read(ref call) is { } request)
        {
            keys.Start(request);
            call.Reply.Ok();
        }
    }

    [Command("HOTKEYS STOP", Summary = "Stops hotkeys tracking.", Since = "8.6.0", Complexity = "O(1)", Flags = Admin | NoScript)]
    internal static void Stop(ref Call call)
    {
        var keys = call.Server().HotKeys;
        if (!keys.IsActive)
        {
            call.Reply.Null();
            return;
        }
        keys.Stop();
        call.Reply.Ok();
    }

    [Command("HOTKEYS RESET", Summary = "Release the resources used for hotkey tracking.", Since = "8.6.0", Complexity = "O(1)", Flags = Admin | NoScript)]
    internal static void Reset(ref Call call)
    {
        var keys = call.Server().HotKeys;
        if (keys.IsActive)
        {
            call.Fail("ERR hotkey tracking session in progress, stop tracking first");
            return;
        }
        keys.Forget();
        call.Reply.Ok();
    }

    [Command("HOTKEYS GET", Summary = "Returns lists of top K hotkeys depending on metrics chosen in HOTKEYS START command.", Since = "8.6.0",
        Complexity = "O(K) where K is the number of hotkeys returned.", Flags = Admin | NoScript)]
    internal static void Get(ref Call call)
    {
        var keys = call.Server().HotKeys;
        if (keys.Request is not { } request)
        {
            call.Reply.Null();
            return;
        }
        var (byTime, byBytes) = ((request.Metrics & HotKeyMetrics.Cpu) != 0, (request.Metrics & HotKeyMetrics.Net) != 0);
        var (hasSlots, isSampled) = (request.Slots.Length > 0, request.SampleRatio > 1);
        call.Reply.Array(1);
        call.Reply.Map(7 + (hasSlots ? 2 : 0) + (hasSlots && isSampled ? 2 : 0) + (byTime ? 3 : 0) + (byBytes ? 2 : 0));
        Write(ref call, "tracking-active"u8, keys.IsActive ? 1 : 0);
        Write(ref call, "sample-ratio"u8, request.SampleRatio);
        call.Reply.Bulk("selected-slots"u8);
        WriteSlots(ref call, request.Slots);
        var (all, selected, sampled) = keys.Totals;
        if (hasSlots && isSampled) Write(ref call, "sampled-commands-selected-slots-us"u8, sampled.Nanoseconds / NanosecondsPerMicrosecond);
        if (hasSlots) Write(ref call, "all-commands-selected-slots-us"u8, selected.Nanoseconds / NanosecondsPerMicrosecond);
        Write(ref call, "all-commands-all-slots-us"u8, all.Nanoseconds / NanosecondsPerMicrosecond);
        if (hasSlots && isSampled) Write(ref call, "net-bytes-sampled-commands-selected-slots"u8, sampled.Bytes);
        if (hasSlots) Write(ref call, "net-bytes-all-commands-selected-slots"u8, selected.Bytes);
        Write(ref call, "net-bytes-all-commands-all-slots"u8, all.Bytes);
        Write(ref call, "collection-start-time-unix-ms"u8, keys.StartedMs);
        Write(ref call, "collection-duration-ms"u8, keys.DurationMs);
        if (byTime)
        {
            var (user, system) = keys.CpuSeconds;
            Write(ref call, "total-cpu-time-user-ms"u8, (long)(user * 1000));
            Write(ref call, "total-cpu-time-sys-ms"u8, (long)(system * 1000));
        }
        if (byBytes) Write(ref call, "total-net-bytes"u8, keys.ByBytes.Total);
        if (byTime) WriteHeaviest(ref call, "by-cpu-time-us"u8, keys.ByTime.Heaviest(request.Count, NanosecondsPerMicrosecond));
        if (byBytes) WriteHeaviest(ref call, "by-net-bytes"u8, keys.ByBytes.Heaviest(request.Count, 1));
    }

    private static void Write(ref Call call, ReadOnlySpan<byte> name, long value)
    {
        call.Reply.Bulk(name);
        call.Reply.Integer(value);
    }

    private static void WriteHeaviest(ref Call call, ReadOnlySpan<byte> name, List<(byte[] Name, long Weight)> heaviest)
    {
        call.Reply.Bulk(name);
        call.Reply.Array(2 * heaviest.Count);
        foreach (var (key, weight) in heaviest)
        {
            call.Reply.Bulk(key);
            call.Reply.Integer(weight);
        }
    }

    /// <summary>As ranges: the first and the last, or one alone.</summary>
    private static void WriteSlots(ref Call call, int[] slots)
    {
        if (slots.Length == 0)
        {
            call.Reply.Array(1);
            WriteRange(ref call, 0, KeySlot.Count - 1);
            return;
        }
        var ranges = 1;
        for (var i = 1; i < slots.Length; i++) ranges += slots[i] == slots[i - 1] + 1 ? 0 : 1;
        call.Reply.Array(ranges);
        for (int i = 0, first = 0; i < slots.Length; i++)
        {
            if (i + 1 < slots.Length && slots[i + 1] == slots[i] + 1) continue;
            WriteRange(ref call, slots[first], slots[i]);
            first = i + 1;
        }
    }

    private static void WriteRange(ref Call call, int first, int last)
    {
        call.Reply.Array(first == last ? 1 : 2);
        call.Reply.Integer(first);
        if (last > first) call.Reply.Integer(last);
    }
}
