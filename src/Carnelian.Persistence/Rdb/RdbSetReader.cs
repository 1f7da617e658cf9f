using System.Buffers.Binary;

namespace Carnelian;

/// <summary>Reads sets: members one by one, an intset, a listpack.</summary>
internal readonly struct RdbSetReader(RdbTools tools)
{
    private const int IntSetHeaderBytes = 8;

    private const string MemberTwice = "a set has a member twice";

    private SetLimit Limit => tools.Host.SetLimit;

    public RdbOutcome Read(scoped ref RdbReader input, RdbType type, int version, scoped ref KeyEdit key, long expiryMs) => type switch
    {
        RdbType.Set => ReadMembers(ref input, version, ref key, expiryMs),
        RdbType.SetIntSet => ReadIntegers(ref input, ref key, expiryMs),
        _ => ReadListPack(ref input, ref key, expiryMs),
    };

    private RdbOutcome ReadMembers(scoped ref RdbReader input, int version, scoped ref KeyEdit key, long expiryMs)
    {
        if (!input.TryCount(out var count, 1)) return RdbOutcome.Damaged;
        if (count == 0) return RdbOutcome.Empty;
        var set = tools.Keyspace.NewSet();
        set.Begin(Initial(count, version), RdbTools.Sized(count));
        var isWhole = true;
        for (; count > 0 && isWhole; count--)
        {
            var offset = input.Offset;
            isWhole = input.TryString(tools.Value, out var member) && (set.Add(member) || input.Fail(MemberTwice, offset));
        }
        set.Settle();
        return tools.End(isWhole, ref key, expiryMs);
    }

    /// <summary>A packed set is in a file of an old version like any other; so is one here again that may be packed.</summary>
    private ValueEncoding Initial(long count, int version)
    {
        if (Limit.AllowsIntegers(count)) return ValueEncoding.IntSet;
        var mayBePacked = tools.VersionTellsForms && version < RdbVersion.Of(RdbType.SetListPack);
        return mayBePacked && count <= Limit.MembersMax ? ValueEncoding.ListPack : ValueEncoding.HashTable;
    }

    private RdbOutcome ReadIntegers(scoped ref RdbReader input, scoped ref KeyEdit key, long expiryMs)
    {
        var offset = input.Offset;
        tools.NoteLooked();
        if (!input.TryString(tools.Value, out var bytes)) return RdbOutcome.Damaged;
        if (!TryCheckIntegers(bytes, out var width, out var count))
        {
            input.Fail("Intset" + RdbTools.Damaged, offset);
            return RdbOutcome.Damaged;
        }
        if (Limit.AllowsIntegers(count))
        {
            tools.Write(ref key, ValueType.Set, ValueEncoding.IntSet, bytes, expiryMs);
            return RdbOutcome.Read;
        }
        var set = tools.Keyspace.NewSet();
        set.Begin(ValueEncoding.HashTable, RdbTools.Sized(count));
        for (var i = 0; i < count; i++) set.Add(PackedElement.OfInteger(IntegerAt(bytes, width, i)));
        set.Settle();
        return tools.End(isWhole: true, ref key, expiryMs);
    }

    /// <summary>Of the layout that <see cref="IntegerSet"/> has, with ascending integers.</summary>
    private static bool TryCheckIntegers(ReadOnlySpan<byte> bytes, out int width, out int count)
    {
        (width, count) = (0, 0);
        if (bytes.Length < IntSetHeaderBytes) return false;
        width = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        count = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]);
        if (width is not (sizeof(short) or sizeof(int) or sizeof(long)) || count <= 0 || bytes.Length != IntSetHeaderBytes + (long)count * width) return false;
        for (var i = 1; i < count; i++)
        {
            if (IntegerAt(bytes, width, i - 1) >= IntegerAt(bytes, width, i)) return false;
        }
        return true;
    }

    private static long IntegerAt(ReadOnlySpan<byte> bytes, int width, int i)
    {
        var at = bytes[(IntSetHeaderBytes + i * width)..];
        return width switch
        {
            sizeof(short) => BinaryPrimitives.ReadInt16LittleEndian(at),
            sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(at),
            _ => BinaryPrimitives.ReadInt64LittleEndian(at),
        };
    }

    private RdbOutcome ReadListPack(scoped ref RdbReader input, scoped ref KeyEdit key, long expiryMs)
    {
        var offset = input.Offset;
        if (!tools.TryListPack(ref input, "Set listpack", out var listPack, out var elements)) return RdbOutcome.Damaged;
        if (elements.Count == 0) return RdbOutcome.Empty;
        if (elements.Count <= Limit.MembersMax && elements.FitPacked)
        {
            if (tools.Duplicates.AreIn(elements, 1, tools.Host))
            {
                input.Fail("Set listpack" + RdbTools.Damaged + ": a member twice", offset);
                return RdbOutcome.Damaged;
            }
            tools.Write(ref key, ValueType.Set, ValueEncoding.ListPack, tools.Pack(listPack, elements).Bytes, expiryMs);
            return RdbOutcome.Read;
        }
        var set = tools.Keyspace.NewSet();
        set.Begin(ValueEncoding.HashTable, RdbTools.Sized(elements.Count));
        var isWhole = true;
        for (var walk = elements.Walk(); isWhole && walk.MoveNext();) isWhole = set.Add(walk.Current) || input.Fail(MemberTwice, offset);
        set.Settle();
        return tools.End(isWhole, ref key, expiryMs);
    }
}
