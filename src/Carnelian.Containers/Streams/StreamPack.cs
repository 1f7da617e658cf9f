namespace Carnelian;

[Flags]
internal enum StreamEntryFlags : byte
{
    None = 0,
    Deleted = 1,

    /// <summary>The entry has the master entry's fields, and only values of its own.</summary>
    SameFields = 2,
}

/// <summary>An entry's fields in order, for whoever adds it.</summary>
public interface IStreamFields
{
    int Count { get; }

    ReadOnlySpan<byte> Name(int i);

    ReadOnlySpan<byte> Value(int i);
}

/// <summary>
/// A stream's entries in one packed list (Redis' t_stream.c, "streamAppendItem"), byte for byte what RDB files and DUMP payloads have. The ID of the first entry there ever
/// was in it, the master ID, stands elsewhere. All numbers are elements of the list like the texts. Works on trusted memory.
/// <code>
/// | total bytes 4 | elements 2 | live entries | deleted ones | fields | name … | 0 | entry … | 0xff |
/// entry: | flags | time − master's | number − master's | fields, name, value, name, value …; or values alone | elements of the entry before this one |
/// </code>
/// </summary>
internal static unsafe class StreamPack
{
    /// <summary>Elements of every entry, without the last one, which tells their number.</summary>
    private const int FixedElements = 3;

    /// <summary>Bytes by which the list may grow when the two counts at its beginning change.</summary>
    public const int CountsGrowthMax = 8;

    private const int UnknownCount = ushort.MaxValue;

    /// <summary>What the numbers of an entry, or of a master entry, take at the most.</summary>
    private const int NumbersBytesMax = 5 * PackedWriter.OverheadMax;

    /// <summary>What an element takes beyond its text, which is two bytes and, from 64 bytes on, up to a thirty-second more.</summary>
    private const int ElementBytes = 2, TextBytesPerByte = 32;

    /// <summary>Bytes that an entry adds at the most; in a new list, whose names the master entry has, with those.</summary>
    public static long BytesMax(long textBytes, int fields) =>
        textBytes + textBytes / TextBytesPerByte + 2L * ElementBytes * fields + NumbersBytesMax + CountsGrowthMax;

    /// <summary>Bytes that a new list has besides.</summary>
    public const int MasterBytesMax = ListPack.EmptyBytes + NumbersBytesMax;

    // ---- the master entry

    public static long Live(byte* list)
    {
        var at = list + ListPack.HeaderBytes;
        return ReadInteger(ref at);
    }

    /// <summary>Live entries and deleted ones.</summary>
    public static long Entries(byte* list)
    {
        var at = list + ListPack.HeaderBytes;
        var live = ReadInteger(ref at);
        return live + ReadInteger(ref at);
    }

    /// <summary>Where the names of the master entry begin, and how many there are.</summary>
    public static byte* Names(byte* list, out long fields)
    {
        var at = list + ListPack.HeaderBytes;
        ReadInteger(ref at);
        ReadInteger(ref at);
        fields = ReadInteger(ref at);
        return at;
    }

    /// <summary>Makes a list of no entries whose master entry has the names of the first one to come.</summary>
    public static void Create<T>(byte* list, scoped in T entry) where T : IStreamFields, allows ref struct
    {
        *(ushort*)(list + 4) = 0;
        var at = list + ListPack.HeaderBytes;
        WriteInteger(ref at, 0);
        WriteInteger(ref at, 0);
        WriteInteger(ref at, entry.Count);
        for (var i = 0; i < entry.Count; i++) WriteText(ref at, entry.Name(i));
        WriteInteger(ref at, 0);
        End(list, at, 4L + entry.Count);
    }

    private static void ChangeCounts(byte* list, int live, int deleted)
    {
        var at = list + ListPack.HeaderBytes;
        Change(list, ref at, live);
        if (deleted != 0) Change(list, ref at, deleted);
    }

    /// <summary>Adds to the number that stands here and goes on behind it; what follows is moved if that has another size.</summary>
    private static void Change(byte* list, ref byte* at, int change)
    {
        var behind = at;
        var value = ReadInteger(ref behind) + change;
        Check.That(value >= 0);
        var element = PackedElement.OfInteger(value);
        var size = ListPack.Size(element);
        var growth = (int)(at + size - behind);
        if (growth != 0)
        {
            var total = ListPack.Total(in *list);
            var rest = list + total - behind;
            Buffer.MemoryCopy(behind, behind + growth, rest, rest);
            *(uint*)list = (uint)(total + growth);
        }
        ListPack.Write(ref *at, element);
        at += size;
    }

    // ---- entries

    /// <summary>Adds an entry behind all others; there is room for it. Its ID is greater than theirs.</summary>
    public static void Append<T>(byte* list, StreamId master, StreamId id, scoped in T entry) where T : IStreamFields, allows ref struct
    {
        var isSame = HasNames(list, entry);
        ChangeCounts(list, 1, 0);
        var at = list + ListPack.Total(in *list) - 1;
        WriteInteger(ref at, (long)(isSame ? StreamEntryFlags.SameFields : StreamEntryFlags.None));
        WriteInteger(ref at, (long)(id.Milliseconds - master.Milliseconds));
        WriteInteger(ref at, (long)(id.Sequence - master.Sequence));
        if (!isSame) WriteInteger(ref at, entry.Count);
        for (var i = 0; i < entry.Count; i++)
        {
            if (!isSame) WriteText(ref at, entry.Name(i));
            WriteText(ref at, entry.Value(i));
        }
        var elements = FixedElements + (isSame ? entry.Count : 2L * entry.Count + 1);
        WriteInteger(ref at, elements);
        End(list, at, elements + 1);
    }

    /// <summary>Whether an entry has the names of the master entry, in the same order.</summary>
    private static bool HasNames<T>(byte* list, scoped in T entry) where T : IStreamFields, allows ref struct
    {
        var at = Names(list, out var fields);
        if (fields != entry.Count) return false;
        for (var i = 0; i < entry.Count; i++)
        {
            var name = ListPack.Read(ref *at, out var size);
            var wanted = entry.Name(i);
            if (name.IsInteger ? !PackedElement.IsCanonicalInteger(wanted, out var number) || number != name.Integer : !name.Bytes.SequenceEqual(wanted)) return false;
            at += size;
        }
        return true;
    }

    /// <summary>Marks a live entry as deleted. The counts are to follow, once for all (<see cref="CountDeleted"/>), because they may move what is behind them.</summary>
    /// <param name="at">Where the entry begins.</param>
    public static void MarkDeleted(byte* at)
    {
        Check.That((*at & (int)StreamEntryFlags.Deleted) == 0 && *at <= (int)StreamEntryFlags.SameFields);
        *at |= (int)StreamEntryFlags.Deleted;
    }

    public static void CountDeleted(byte* list, int entries) => ChangeCounts(list, -entries, entries);

    // ---- elements

    /// <summary>Reads a number and goes on behind it.</summary>
    public static long ReadInteger(ref byte* at)
    {
        var first = *at;
        if (first < 0x80)
        {
            at += 2;
            return first;
        }
        var element = ListPack.Read(ref *at, out var size);
        Check.That(element.IsInteger);
        at += size;
        return element.Integer;
    }

    private static void WriteInteger(ref byte* at, long value)
    {
        if ((ulong)value < 0x80)
        {
            at[0] = (byte)value;
            at[1] = 1;
            at += 2;
            return;
        }
        WriteElement(ref at, PackedElement.OfInteger(value));
    }

    private static void WriteText(ref byte* at, scoped ReadOnlySpan<byte> text) => WriteElement(ref at, PackedElement.Of(text));

    private static void WriteElement(ref byte* at, scoped in PackedElement element)
    {
        ListPack.Write(ref *at, element);
        at += ListPack.Size(element);
    }

    /// <summary>Ends the list here, which has so many elements more than it says.</summary>
    private static void End(byte* list, byte* at, long elements)
    {
        *at = ListPack.End;
        *(uint*)list = checked((uint)(at + 1 - list));
        // A list that once had too many to count them says so for ever.
        var count = *(ushort*)(list + 4);
        if (count != UnknownCount) *(ushort*)(list + 4) = (ushort)Math.Min(count + elements, UnknownCount);
    }
}
