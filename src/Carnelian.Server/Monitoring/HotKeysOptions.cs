namespace Carnelian;

/// <summary>The arguments of HOTKEYS START: METRICS count metric... [COUNT k] [DURATION seconds] [SAMPLE ratio] [SLOTS count slot...].</summary>
internal static class HotKeysOptions
{
    private const int MetricsMax = 2, CountDefault = 10, CountMax = 64, DurationMax = 1_000_000;

    /// <summary>Null: the call has failed.</summary>
    public static HotKeysRequest? Read(ref Call call)
    {
        if (call.Args.Count < 4 || !call.Is(2, "metrics"u8))
        {
            call.Fail("ERR METRICS parameter is required");
            return null;
        }
        if (!TryNumber(ref call, 3, 1, MetricsMax, "ERR METRICS count must be > 0 and <= 2", out var metricCount)) return null;
        var metrics = ReadMetrics(ref call, (int)metricCount);
        if (call.Failed) return null;
        var request = new HotKeysRequest(metrics, CountDefault, 0, 1, []);
        for (var at = 4 + (int)metricCount; at < call.Args.Count && !call.Failed; at += 2) request = ReadOption(ref call, ref at, request);
        return call.Failed ? null : request;
    }

    /// <summary>Unknown ones count but are not measured: a later version may know them.</summary>
    private static HotKeyMetrics ReadMetrics(ref Call call, int count)
    {
        var metrics = HotKeyMetrics.None;
        for (var i = 4; i < 4 + count; i++)
        {
            if (i == call.Args.Count)
            {
                call.Fail("ERR METRICS count does not match number of metric types provided");
                return metrics;
            }
            var metric = call.Is(i, "cpu"u8) ? HotKeyMetrics.Cpu : call.Is(i, "net"u8) ? HotKeyMetrics.Net : HotKeyMetrics.None;
            if ((metrics & metric) != 0)
            {
                call.Fail($"ERR METRICS {(metric == HotKeyMetrics.Cpu ? "CPU" : "NET")} defined more than once!");
                return metrics;
            }
            metrics |= metric;
        }
        if (metrics == HotKeyMetrics.None) call.Fail("ERR METRICS no valid metrics passed. Supported: CPU|NET");
        return metrics;
    }

    /// <param name="at">The option's argument; of one with more than one value it is moved on.</param>
    private static HotKeysRequest ReadOption(ref Call call, ref int at, HotKeysRequest request)
    {
        var isLast = at + 1 == call.Args.Count;
        if (!isLast && call.Is(at, "count"u8))
        {
            return TryNumber(ref call, at + 1, 1, CountMax, "ERR COUNT must be between 1 and 64", out var count) ? request with { Count = (int)count } : request;
        }
        if (!isLast && call.Is(at, "duration"u8))
        {
            return TryNumber(ref call, at + 1, 1, DurationMax, "ERR DURATION must be between 1 and 1000000", out var seconds)
                ? request with { DurationMs = seconds * 1000 }
                : request;
        }
        if (!isLast && call.Is(at, "sample"u8))
        {
            return TryNumber(ref call, at + 1, 1, int.MaxValue, "ERR SAMPLE ratio must be positive", out var ratio)
                ? request with { SampleRatio = (int)ratio }
                : request;
        }
        if (!isLast && call.Is(at, "slots"u8)) return ReadSlots(ref call, ref at, request);
        call.FailSyntax();
        return request;
    }

    private static HotKeysRequest ReadSlots(ref Call call, ref int at, HotKeysRequest request)
    {
        if (!call.Keyspace.Options.UsesSlots) call.Fail("ERR SLOTS parameter cannot be used in non-cluster mode");
        else if (request.Slots.Length > 0) call.Fail("ERR SLOTS parameter already specified");
        if (call.Failed || !TryNumber(ref call, at + 1, 1, KeySlot.Count, "ERR SLOTS count must be between 1 and 16384", out var count)) return request;
        if (at + 1 + count >= call.Args.Count)
        {
            call.Fail("ERR not enough slot numbers provided");
            return request;
        }
        var slots = new int[count];
        for (var i = 0; i < slots.Length; i++)
        {
            if (!TryNumber(ref call, at + 2 + i, 0, KeySlot.Count - 1, "ERR Invalid or out of range slot", out var slot)) return request;
            slots[i] = (int)slot;
        }
        Array.Sort(slots);
        for (var i = 1; i < slots.Length && !call.Failed; i++)
        {
            if (slots[i] == slots[i - 1]) call.Fail("ERR duplicate slot number");
        }
        at += slots.Length;
        return request with { Slots = slots };
    }

    private static bool TryNumber(ref Call call, int argument, long min, long max, string error, out long number)
    {
        if (IntegerText.TryParse(call.Args[argument], out number) && number >= min && number <= max) return true;
        call.Fail(error);
        return false;
    }
}
