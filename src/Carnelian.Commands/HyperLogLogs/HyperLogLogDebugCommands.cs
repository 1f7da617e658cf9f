using System.Text;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that look into HyperLogLogs, and test them.</summary>
[CommandFamily("hyperloglog")]
internal static class HyperLogLogDebugCommands
{
    [Command("PFDEBUG", Summary = "Internal commands for debugging HyperLogLog values.", Since = "2.8.9", Complexity = "N/A",
        Flags = Write | DenyOom | Admin, Keys = "2 RW access",
        Arguments = "subcommand key", System = true)]
    internal static void Debug(ref Call call)
    {
        if (call.Is(1, "simd"u8))
        {
            SetVectors(ref call);
            return;
        }
        var edit = call.Edit(2);
        if (!edit.Exists)
        {
            call.Fail("ERR The specified key does not exist");
            return;
        }
        if (!HyperLogLogCommands.IsValid(ref call, edit.View)) return;
        if (call.Is(1, "getreg"u8)) ReplyRegisters(ref call, edit);
        else if (call.Is(1, "decode"u8)) ReplyRuns(ref call, edit.View.Value);
        else if (call.Is(1, "encoding"u8)) call.Reply.Simple(HyperLogLog.IsDense(edit.View.Value) ? "dense" : "sparse");
        else if (call.Is(1, "todense"u8)) MakeDense(ref call, edit);
        else call.Fail("ERR Unknown PFDEBUG subcommand '", 1, "'"u8);
    }

    private static void SetVectors(ref Call call)
    {
        var on = call.Is(2, "on"u8);
        if (!on && !call.Is(2, "off"u8))
        {
            call.Fail("ERR Argument must be ON or OFF");
            return;
        }
        call.Keyspace.Host.MergesRegistersTogether = on;
        call.Reply.Simple(on ? "enabled" : "disabled");
    }

    /// <summary>Makes them dense, as Redis does.</summary>
    private static void ReplyRegisters(ref Call call, KeyEdit edit)
    {
        Span<byte> registers = stackalloc byte[HyperLogLog.Registers];
        registers.Clear();
        if (!TryMakeDense(ref call, edit, out _)) return;
        HyperLogLog.TryMerge(call.Find(2).Value, registers);
        call.Reply.Array(registers.Length);
        foreach (var register in registers) call.Reply.Integer(register);
    }

    private static void ReplyRuns(ref Call call, ReadOnlySpan<byte> value)
    {
        if (HyperLogLog.IsDense(value))
        {
            call.Fail("ERR HLL encoding is not sparse");
            return;
        }
        var text = new StringBuilder();
        SparseRegisters.Describe(value[HyperLogLog.HeaderBytes..], text);
        call.Reply.Bulk(text.ToString());
    }

    private static void MakeDense(ref Call call, KeyEdit edit)
    {
        if (TryMakeDense(ref call, edit, out var changed)) call.Reply.Integer(changed ? 1 : 0);
    }

    private static bool TryMakeDense(ref Call call, KeyEdit edit, out bool changed)
    {
        changed = !HyperLogLog.IsDense(edit.View.Value);
        if (!changed) return true;
        var log = new HyperLogLogEdit(edit, call.Keyspace.Host);
        if (!log.TryMakeDense())
        {
            HyperLogLogCommands.FailCorrupt(ref call);
            return false;
        }
        log.Save(ref call, null);
        return true;
    }

    [Command("PFSELFTEST", Summary = "An internal command for testing HyperLogLog values.", Since = "2.8.9", Complexity = "N/A",
        Flags = Admin, System = true)]
    internal static void SelfTest(ref Call call)
    {
        var error = HyperLogLogSelfTest.Run(call.Keyspace.Randomness, call.Keyspace.Host.SparseHyperLogLogMax);
        if (error is null) call.Reply.Ok();
        else call.Fail($"ERR TESTFAILED {error}");
    }
}
