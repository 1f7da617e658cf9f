namespace Carnelian;

/// <summary>
/// Reads values of all types that Redis since 2.6 and Valkey have written into keys of a keyspace, and has them kept as the configured limits say, by the rules of Redis 8.0 (rdb.c, rdbLoadObject).
/// Whatever comes is looked at in full, and no key has a part of a value: what hangs on a root is made under <see cref="Keyspace.NewKey"/> and given to the key when it is whole. Command thread only.
/// </summary>
public sealed class RdbValueReader(Keyspace keyspace)
{
    private readonly RdbTools _tools = new(keyspace);
    private readonly RdbBuffer _kept = new();

    public UnknownModules UnknownModules { get; set; }

    /// <inheritdoc cref="RdbTools.VersionTellsForms"/>
    public bool VersionTellsForms
    {
        get => _tools.VersionTellsForms;
        init => _tools.VersionTellsForms = value;
    }

    /// <summary>Each packed part that is looked at counts as sanitized (<see cref="KeyspaceStatistics.PayloadsSanitized"/>).</summary>
    public bool CountsSanitized
    {
        get => _tools.CountsSanitized;
        set => _tools.CountsSanitized = value;
    }

    /// <summary>What idempotent producers of streams had sent (Redis 8.6), which has no place here and is passed over.</summary>
    public long ProducersSkipped => _tools.ProducersSkipped;

    /// <summary>Reads a value, behind its type and, in a file, its key.</summary>
    /// <param name="version">Of the file or payload: the families disagree about one type, and older ones lack forms.</param>
    /// <param name="key">Gets the value and the expiry, in place of what it has; that is counted as a change, without an event.</param>
    /// <param name="expiryMs">Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</param>
    public RdbOutcome Read(scoped ref RdbReader input, byte type, int version, scoped ref KeyEdit key, long expiryMs)
    {
        var outcome = type switch
        {
            (byte)RdbType.String => ReadString(ref input, ref key, expiryMs),
            (byte)RdbType.List or (byte)RdbType.ListZipList or (byte)RdbType.ListQuickList or (byte)RdbType.ListQuickList2 =>
                new RdbListReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.Set or (byte)RdbType.SetIntSet or (byte)RdbType.SetListPack => new RdbSetReader(_tools).Read(ref input, (RdbType)type, version, ref key, expiryMs),
            (byte)RdbType.SortedSet or (byte)RdbType.SortedSet2 or (byte)RdbType.SortedSetZipList or (byte)RdbType.SortedSetListPack =>
                new RdbSortedSetReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.Hash or (byte)RdbType.HashZipMap or (byte)RdbType.HashZipList or (byte)RdbType.HashListPack or (byte)RdbType.HashTimesPreGa
                or (byte)RdbType.HashListPackTimesPreGa or (byte)RdbType.HashTimes or (byte)RdbType.HashListPackTimes =>
                new RdbHashReader(_tools).Read(ref input, (RdbType)type, version, ref key, expiryMs),
            (byte)RdbType.Stream or (byte)RdbType.Stream2 or (byte)RdbType.Stream3 or (byte)RdbType.Stream4 => new RdbStreamReader(_tools).Read(ref input, (RdbType)type, ref key, expiryMs),
            (byte)RdbType.Module2 => ReadModule(ref input, ref key, expiryMs),
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

    /// <summary>Nobody here knows what is in it: it is kept as the bytes that it is.</summary>
    private RdbOutcome ReadModule(scoped ref RdbReader input, scoped ref KeyEdit key, long expiryMs)
    {
        var offset = input.Offset;
        input.BeginCopy(_kept);
        if (!input.TryLength(out ulong id)) return RdbOutcome.Damaged;
        var isKept = UnknownModules == UnknownModules.Keep || RdbModule.IsKnown(id);
        if (!isKept && UnknownModules == UnknownModules.Stop)
        {
            input.Fail($"a value of the module type '{ModuleName.Of(id)}', which there is not", offset);
            return RdbOutcome.Damaged;
        }
        if (!RdbModule.TrySkip(ref input, _tools.Value) || !input.TryEndCopy()) return RdbOutcome.Damaged;
        if (!isKept) return RdbOutcome.Skipped;
        _tools.Write(ref key, ValueType.Module, ValueEncoding.Raw, _kept.Written, expiryMs);
        _kept.Clear();
        return RdbOutcome.Read;
    }
}
