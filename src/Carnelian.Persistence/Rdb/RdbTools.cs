namespace Carnelian;

/// <summary>What the readers of types share: the keyspace, and memory that is used again and again.</summary>
internal sealed class RdbTools(Keyspace keyspace)
{
    public Keyspace Keyspace { get; } = keyspace;

    public TableHost Host => Keyspace.Host;

    /// <summary>For the string that is read last, and for one before it that is needed meanwhile.</summary>
    public RdbScratch Value { get; } = new();

    public RdbScratch Name { get; } = new();

    /// <summary>For what was packed otherwise and is packed anew.</summary>
    public RdbScratch Packed { get; } = new();

    public DuplicateNames Duplicates { get; } = new();

    public bool CountsSanitized { get; set; }

    /// <summary>The writer knew all forms of the version. A payload has that of the first which knows its form.</summary>
    public bool VersionTellsForms { get; set; }

    public long ProducersSkipped { get; set; }

    /// <summary>A packed part is looked at in full.</summary>
    public void NoteLooked()
    {
        if (CountsSanitized) Keyspace.Statistics.PayloadsSanitized++;
    }

    /// <summary>A table is made at once for no more elements than this that nothing but a number tells of.</summary>
    private const long TrustedCount = 1 << 20;

    /// <summary>For how many elements a table is made at once, if a file says that there are so many.</summary>
    public static long Sized(long count) => Math.Min(count, TrustedCount);

    /// <summary>Values are read to see whether they are whole, and given to no key.</summary>
    public bool OnlyLooks { get; set; }

    /// <summary>Gives a key a value that lies in its entry.</summary>
    public void Write(scoped ref KeyEdit key, ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> value, long expiryMs)
    {
        if (!OnlyLooks) key.Write(type, encoding, value, expiryMs, null);
    }

    /// <summary>Ends a value that was made under <see cref="Keyspace.NewKey"/>: the key gets it if it is whole.</summary>
    public RdbOutcome End(bool isWhole, scoped ref KeyEdit key, long expiryMs)
    {
        if (isWhole && !OnlyLooks) Keyspace.GiveNew(ref key, expiryMs);
        else Keyspace.DiscardNew();
        return isWhole ? RdbOutcome.Read : RdbOutcome.Damaged;
    }

    /// <summary>What is said of packed bytes that are damaged, behind what they are: the words that Redis' log has.</summary>
    public const string Damaged = " integrity check failed";

    /// <summary>Reads a listpack.</summary>
    /// <param name="form">What it is, as the log says it: "Hash listpack".</param>
    public bool TryListPack(scoped ref RdbReader input, string form, out ReadOnlySpan<byte> listPack, out CheckedElements elements)
    {
        elements = default;
        var offset = input.Offset;
        NoteLooked();
        return input.TryString(Value, out listPack) && (CheckedElements.TryRead(listPack, out elements) || input.Fail(form + Damaged, offset));
    }

    /// <summary>Reads a ziplist, and makes a listpack of it.</summary>
    public bool TryZipList(scoped ref RdbReader input, string form, out ReadOnlySpan<byte> listPack, out CheckedElements elements)
    {
        listPack = default;
        elements = default;
        var offset = input.Offset;
        if (!input.TryString(Value, out var zipList)) return false;
        if (!Repacking.TryRepack(zipList, Packed, out listPack)) return input.Fail(form + Damaged, offset);
        Check.That(CheckedElements.TryRead(listPack, out elements));
        return true;
    }

    public PackedList Pack(ReadOnlySpan<byte> listPack, scoped in CheckedElements elements)
    {
        // What was a ziplist is canonical and lies there already.
        var scratch = elements.IsCanonical ? default : Packed.Take(elements.PackedBytesMax);
        return elements.ToPacked(listPack, scratch);
    }
}
