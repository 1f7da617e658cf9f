namespace Carnelian;

/// <summary>
/// Reads values of all types that Redis since 2.6 and Valkey have written into keys of a keyspace, and has them kept as the configured limits say, by the rules of Redis 8.0 (rdb.c, rdbLoadObject).
/// Whatever comes is looked at in full, and no key has a part of a value: what hangs on a root is made under <see cref="Keyspace.NewKey"/> and given to the key when it is whole. Command thread only.
/// </summary>
public sealed class RdbValueReader(Keyspace keyspace)
{
    private readonly RdbTools _tools = new(keyspace);

    /// <summary>Reads a value, behind its type and, in a file, its key.</summary>
    /// <param name="version">Of the file or payload: the families disagree about one type.</param>
    /// <param name="key">Gets the value and the expiry, in place of what it has; that is counted as a change, without an event.</param>
    /// <param name="expiryMs">Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</param>
    public RdbOutcome Read(scoped ref RdbReader input, byte type, int version, scoped ref KeyEdit key, long expiryMs)
    {
        var outcome = type switch
        {
            (byte)RdbType.String => ReadString(ref input, ref key, expiryMs),
            (byte)RdbType.List or (byte)RdbType.ListZipList or (byte)RdbType.ListQuickList or (byte)RdbType.ListQuickList2 =>
                new RdbListReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.Set or (byte)RdbType.SetIntSet or (byte)RdbType.SetListPack => new RdbSetReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.SortedSet or (byte)RdbType.SortedSet2 or (byte)RdbType.SortedSetZipList or (byte)RdbType.SortedSetListPack =>
                new RdbSortedSetReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.Hash or (byte)RdbType.HashZipMap or (byte)RdbType.HashZipList or (byte)RdbType.HashListPack or (byte)RdbType.HashTimesPreGa
                or (byte)RdbType.HashListPackTimesPreGa or (byte)RdbType.HashTimes or (byte)RdbType.HashListPackTimes =>
                new RdbHashReader(_tools).Read(ref input, (RdbType)type, version, ref key, expiryMs),
            (byte)RdbType.Stream or (byte)RdbType.Stream2 or (byte)RdbType.Stream3 => new RdbStreamReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.Module2 => FailOfModule(ref input),
            _ => Fail(ref input, $"unknown type {type} of a value"),
        };
        if (outcome == RdbOutcome.Damaged) Check.That(input.Error is not null);
        return outcome;
    }

    /// <summary>As <see cref="Read"/>, for a value that is needed no more: nothing becomes of it.</summary>
    public RdbOutcome Look(scoped ref RdbReader input, byte type, int version)
    {
        KeyEdit none = default;
        _tools.OnlyLooks = true;
        var outcome = Read(ref input, type, version, ref none, EntryView.NoExpiry);
        _tools.OnlyLooks = false;
        return outcome;
    }

    private RdbOutcome ReadString(scoped ref RdbReader input, scoped ref KeyEdit key, long expiryMs)
    {
        if (!input.TryString(_tools.Value, out var text)) return RdbOutcome.Damaged;
        _tools.Write(ref key, ValueType.String, StringValue.EncodingOf(text), text, expiryMs);
        return RdbOutcome.Read;
    }

    private static RdbOutcome Fail(scoped ref RdbReader input, string error)
    {
        input.Fail(error);
        return RdbOutcome.Damaged;
    }

    private static RdbOutcome FailOfModule(scoped ref RdbReader input) =>
        input.TryLength(out var id) ? Fail(ref input, $"a value of the module type '{RdbModule.NameOf(id)}', which there is not") : RdbOutcome.Damaged;
}
