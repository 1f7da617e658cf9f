using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>BITFIELD: a string as a row of integers of any width.</summary>
[CommandFamily("bitmap")]
internal static class BitFieldCommands
{
    [Command("BITFIELD", Summary = "Performs arbitrary bitfield integer operations on strings.", Since = "3.2.0",
        Complexity = "O(1) for each subcommand specified",
        Flags = Write | DenyOom, Keys = "1 RW access update variable_flags (This command allows both access and modification of the key)",
        KeysFrom = nameof(KeyExtractors.BitField),
        Arguments = "key [operation: (GET get-block: encoding offset:integer) | (write: [OVERFLOW overflow-block: WRAP | SAT | FAIL] (write-operation: "
            + "(SET set-block: encoding offset:integer value:integer) | (INCRBY incrby-block: encoding offset:integer increment:integer)))]...")]
    internal static void BitField(ref Call call)
    {
        var (count, lastBit) = Survey(ref call);
        if (call.Failed) return;
        if (lastBit < 0) Get(ref call, count);
        else Change(ref call, count, lastBit);
    }

    [Command("BITFIELD_RO", Summary = "Performs arbitrary read-only bitfield integer operations on strings.", Since = "6.0.0",
        Complexity = "O(1) for each subcommand specified",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key [GET... get-block: encoding offset:integer]")]
    internal static void BitFieldReadOnly(ref Call call)
    {
        var (count, lastBit) = Survey(ref call);
        if (call.Failed) return;
        if (lastBit < 0) Get(ref call, count);
        else call.Fail("ERR BITFIELD_RO only supports the GET subcommand");
    }

    /// <summary>Checks all operations before any is done, or the call has failed: how many there are, and the last bit that is written, or -1.</summary>
    private static (int Count, long LastBit) Survey(ref Call call)
    {
        var (count, lastBit) = (0, -1L);
        var operations = new BitFieldReader();
        while (operations.TryNext(ref call, out var operation))
        {
            count++;
            if (operation.Kind != BitFieldKind.Get) lastBit = Math.Max(lastBit, operation.Field.Offset + operation.Field.Bits - 1);
        }
        return (count, lastBit);
    }

    private static void Get(ref Call call, int count)
    {
        var view = call.Find(1);
        if (!call.IsStringOrMissing(view)) return;
        var value = view.Exists ? view.Value : default;
        call.Reply.Array(count);
        var operations = new BitFieldReader();
        while (operations.TryNext(ref call, out var operation)) call.Reply.Integer(operation.Field.Read(value));
    }

    /// <summary>The string is as long as all operations need before the first is done, even if they all fail.</summary>
    private static void Change(ref Call call, int count, long lastBit)
    {
        var edit = call.Edit(1);
        if (edit.Exists && !call.IsStringOrMissing(edit.View)) return;
        var length = (int)(lastBit >> 3) + 1;
        var grows = !edit.Exists || edit.View.Value.Length < length;
        Span<byte> writable = default;
        if (grows) writable = edit.Resize(length, ValueEncoding.Raw, null);
        else edit.Recode(ValueEncoding.Raw);
        ReadOnlySpan<byte> value = edit.View.Value;

        var changes = 0;
        call.Reply.Array(count);
        var operations = new BitFieldReader();
        while (operations.TryNext(ref call, out var operation))
        {
            var old = operation.Field.Read(value);
            if (!operation.TryApply(old, out var updated))
            {
                call.Reply.Null();
                continue;
            }
            call.Reply.Integer(operation.Kind == BitFieldKind.Increment ? updated : old);
            if (operation.Kind == BitFieldKind.Get || (updated == old && !grows)) continue;
            if (writable.IsEmpty) value = writable = edit.Resize(value.Length, ValueEncoding.Raw, null);
            operation.Field.Write(writable, updated);
            changes++;
        }
        if (changes == 0) return;
        call.Keyspace.Raise(KeyspaceEvent.SetBit, call.Database, call.Key(1));
        // Each counts; one has been counted.
        call.Keyspace.Dirty += changes - 1;
    }
}
