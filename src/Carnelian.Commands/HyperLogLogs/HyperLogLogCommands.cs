using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on HyperLogLogs, which are strings with registers.</summary>
[CommandFamily("hyperloglog")]
internal static class HyperLogLogCommands
{
    [Command("PFADD", Summary = "Adds elements to a HyperLogLog key. Creates the key if it doesn't exist.", Since = "2.8.9",
        Complexity = "O(1) to add every element.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key [element...]")]
    internal static void Add(ref Call call)
    {
        var edit = call.Edit(1);
        if (edit.Exists && !IsValid(ref call, edit.View)) return;
        var log = new HyperLogLogEdit(edit, call.Keyspace.Host);
        for (var i = 2; i < call.Args.Count; i++)
        {
            var register = HyperLogLog.RegisterOf(call.Args[i], out var count);
            if (!log.TryRaise(register, count))
            {
                FailCorrupt(ref call);
                return;
            }
        }
        call.Reply.Integer(log.Changes > 0 ? 1 : 0);
        if (log.Changes == 0) return;
        log.Save(ref call, KeyspaceEvent.HyperLogLogAdd);
        // Each counts; one has been counted.
        call.Keyspace.Dirty += log.Changes - 1;
    }

    [Command("PFCOUNT", Summary = "Returns the approximated cardinality of the set(s) observed by the HyperLogLog key(s).", Since = "2.8.9",
        Complexity = "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger "
            + "constant times, when called with multiple keys.",
        Flags = ReadOnly | MayReplicate,
        Keys = "1..-1 RW access (RW because it may change the internal representation of the key, and propagate to replicas)",
        Arguments = "key...")]
    internal static void Count(ref Call call)
    {
        if (call.Args.Count == 2)
        {
            CountOne(ref call);
            return;
        }
        Span<byte> registers = stackalloc byte[HyperLogLog.Registers];
        registers.Clear();
        if (TryMergeAll(ref call, registers, out _)) call.Reply.Integer(Cardinality.Estimate(registers));
    }

    /// <summary>Writes down what it has counted, so that the next call need not.</summary>
    private static void CountOne(ref Call call)
    {
        var view = call.Find(1);
        if (!view.Exists)
        {
            call.Reply.Integer(0);
            return;
        }
        if (!IsValid(ref call, view)) return;
        if (!HyperLogLog.TryGetCardinality(view.Value, out var cardinality))
        {
            if (!HyperLogLog.TryEstimate(view.Value, out cardinality))
            {
                FailCorrupt(ref call);
                return;
            }
            var edit = call.Edit(1);
            HyperLogLog.SetCardinality(edit.Resize(edit.View.Value.Length, ValueEncoding.Raw, null), cardinality);
        }
        call.Reply.Integer(cardinality);
    }

    [Command("PFMERGE", Summary = "Merges one or more HyperLogLog values into a single key.", Since = "2.8.9",
        Complexity = "O(N) to merge N HyperLogLogs, but with high constant times.",
        Flags = Write | DenyOom, Keys = "1 RW access insert; 2..-1 RO access",
        Arguments = "destkey:key [sourcekey:key...]")]
    internal static void Merge(ref Call call)
    {
        Span<byte> registers = stackalloc byte[HyperLogLog.Registers];
        registers.Clear();
        if (!TryMergeAll(ref call, registers, out var anyDense)) return;
        var log = new HyperLogLogEdit(call.Edit(1), call.Keyspace.Host);
        var valid = !anyDense || log.TryMakeDense();
        for (var i = 0; valid && i < registers.Length; i++) valid = registers[i] == 0 || log.TryRaise(i, registers[i]);
        if (!valid)
        {
            FailCorrupt(ref call);
            return;
        }
        log.Save(ref call, KeyspaceEvent.HyperLogLogAdd);
        call.Reply.Ok();
    }

    /// <summary>Raises registers to those of all keys; otherwise the call has failed.</summary>
    private static bool TryMergeAll(ref Call call, scoped Span<byte> registers, out bool anyDense)
    {
        anyDense = false;
        for (var i = 1; i < call.Args.Count; i++)
        {
            var view = call.Find(i);
            if (!view.Exists) continue;
            if (!IsValid(ref call, view)) return false;
            anyDense |= HyperLogLog.IsDense(view.Value);
            if (HyperLogLog.TryMerge(view.Value, registers, call.Keyspace.Host.MergesRegistersTogether)) continue;
            FailCorrupt(ref call);
            return false;
        }
        return true;
    }

    internal static bool IsValid(ref Call call, EntryView view)
    {
        if (!call.IsStringOrMissing(view)) return false;
        if (!HyperLogLog.IsValid(view.Value)) call.Fail("WRONGTYPE Key is not a valid HyperLogLog string value.");
        return !call.Failed;
    }

    internal static void FailCorrupt(ref Call call) => call.Fail("INVALIDOBJ Corrupted HLL object detected");
}
