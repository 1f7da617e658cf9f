namespace Carnelian;

/// <summary>Reads hashes: fields one by one, with their times or without, a zipmap, a ziplist, a listpack with times or without.</summary>
internal readonly struct RdbHashReader(RdbTools tools)
{
    /// <summary>No field has a later time: 48 bits of Unix milliseconds.</summary>
    private const long ExpiryMsMax = (1L << 48) - 1;

    private const string FieldTwice = "a hash has a field twice";

    private PackedHashLimit Limit => tools.Host.HashLimit;

    public RdbOutcome Read(scoped ref RdbReader input, RdbType type, int version, scoped ref KeyEdit key, long expiryMs)
    {
        switch (type)
        {
            case RdbType.Hash: return ReadFields(ref input, FieldTimes.None, 0, ref key, expiryMs);
            case RdbType.HashTimesPreGa:
                return ReadFields(ref input, version >= RdbVersion.Valkey ? FieldTimes.Behind : FieldTimes.Absolute, 0, ref key, expiryMs);
            case RdbType.HashTimes:
                var offset = input.Offset;
                if (!input.TryMilliseconds(out var earliestMs)) return RdbOutcome.Damaged;
                if (earliestMs is < 0 or > ExpiryMsMax + 1) input.Fail("a time out of range", offset);
                return ReadFields(ref input, FieldTimes.Relative, earliestMs, ref key, expiryMs);
            case RdbType.HashListPackTimes when !input.TryMilliseconds(out _): return RdbOutcome.Damaged;
            default: return ReadPacked(ref input, type, ref key, expiryMs);
        }
    }

    /// <summary>Where a field's time stands, and what it is counted from.</summary>
    private enum FieldTimes
    {
        None,

        /// <summary>In front of the field; 0: it has none.</summary>
        Absolute,

        /// <summary>As <see cref="Absolute"/>, one more than what it is later than the earliest.</summary>
        Relative,

        /// <summary>Behind the value; -1: it has none.</summary>
        Behind,
    }

    private RdbOutcome ReadFields(scoped ref RdbReader input, FieldTimes times, long earliestMs, scoped ref KeyEdit key, long expiryMs)
    {
        if (!input.TryCount(out var count, 2)) return RdbOutcome.Damaged;
        if (count == 0) return RdbOutcome.Empty;
        var hash = tools.Keyspace.NewKey().Hash();
        hash.Reserve(count, RdbTools.Sized(count));
        var isWhole = true;
        for (; count > 0 && isWhole; count--) isWhole = TryField(ref input, times, earliestMs, ref hash);
        if (isWhole && times is FieldTimes.Absolute or FieldTimes.Relative) hash.AllowExpiry();
        hash.Settle();
        return tools.End(isWhole, ref key, expiryMs);
    }

    private bool TryField(scoped ref RdbReader input, FieldTimes times, long earliestMs, scoped ref HashEdit hash)
    {
        var offset = input.Offset;
        ulong time = 0;
        if (times is FieldTimes.Absolute or FieldTimes.Relative && !input.TryLength(out time)) return false;
        if (time > ExpiryMsMax + 1) return input.Fail("a field's time is out of range", offset);
        if (times == FieldTimes.Relative && time > 0) time += (ulong)earliestMs - 1;
        if (!input.TryKeptString(tools.Name, out var name)) return false;
        ReadOnlySpan<byte> value;
        if (times != FieldTimes.Behind)
        {
            if (!input.TryString(tools.Value, out value)) return false;
        }
        else
        {
            if (!input.TryKeptString(tools.Value, out value) || !input.TryMilliseconds(out var behindMs)) return false;
            if (behindMs != EntryView.NoExpiry) time = behindMs > 0 ? (ulong)behindMs : ulong.MaxValue;
        }
        if (time > ExpiryMsMax) return input.Fail("a field's time is out of range", offset);
        return hash.Set(name, value, time == 0 ? EntryView.NoExpiry : (long)time) || input.Fail(FieldTwice, offset);
    }

    private RdbOutcome ReadPacked(scoped ref RdbReader input, RdbType type, scoped ref KeyEdit key, long expiryMs)
    {
        var offset = input.Offset;
        var form = type == RdbType.HashZipMap ? "Zipmap" : type == RdbType.HashZipList ? "Hash ziplist" : "Hash listpack";
        var isRead = type == RdbType.HashZipMap ? TryZipMap(ref input, out var listPack, out var elements)
            : type == RdbType.HashZipList ? tools.TryZipList(ref input, form, out listPack, out elements)
            : tools.TryListPack(ref input, form, out listPack, out elements);
        var expires = type is RdbType.HashListPackTimes or RdbType.HashListPackTimesPreGa;
        if (!isRead || !TryCheck(ref input, form, offset, elements, expires)) return RdbOutcome.Damaged;
        if (elements.Count == 0) return RdbOutcome.Empty;
        var step = expires ? 3 : 2;
        var isPacked = elements.Count / step <= Limit.FieldsMax && elements.FitPacked && (type != RdbType.HashZipMap || AreTextsShort(elements));
        if (!isPacked) return Unpack(ref input, offset, elements, expires, ref key, expiryMs);
        if (tools.Duplicates.AreIn(elements, step, tools.Host))
        {
            input.Fail(form + RdbTools.Damaged + ": a field twice", offset);
            return RdbOutcome.Damaged;
        }
        tools.Write(ref key, ValueType.Hash, expires ? ValueEncoding.ListPackEx : ValueEncoding.ListPack, tools.Pack(listPack, elements).Bytes, expiryMs);
        if (expires && !tools.OnlyLooks) key.Hash().NoteDue();
        return RdbOutcome.Read;
    }

    private bool TryZipMap(scoped ref RdbReader input, out ReadOnlySpan<byte> listPack, out CheckedElements elements)
    {
        listPack = default;
        elements = default;
        var offset = input.Offset;
        if (!input.TryString(tools.Value, out var zipMap)) return false;
        // Nobody ever wrote an empty one.
        return Repacking.TryRepackMap(zipMap, tools.Packed, out listPack) && CheckedElements.TryRead(listPack, out elements) && elements.Count > 0
            || input.Fail("Zipmap" + RdbTools.Damaged, offset);
    }

    private bool AreTextsShort(scoped in CheckedElements elements)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        foreach (var element in elements.Walk())
        {
            if (!Limit.AllowsText(element.Text(digits).Length)) return false;
        }
        return true;
    }

    /// <summary>Names, values and, if there are some, times: whole fields, times in order and none behind the fields without one.</summary>
    private static bool TryCheck(scoped ref RdbReader input, string form, long offset, scoped in CheckedElements elements, bool expires)
    {
        var step = expires ? 3 : 2;
        if (elements.Count % step != 0) return input.Fail(form + RdbTools.Damaged + ": the last field is not whole", offset);
        return !expires || AreTimesInOrder(elements) || input.Fail(form + RdbTools.Damaged + ": times that are none, or out of order", offset);
    }

    private static bool AreTimesInOrder(scoped in CheckedElements elements)
    {
        long before = 1;
        for (var walk = elements.Walk(); walk.MoveNext();)
        {
            walk.MoveNext();
            walk.MoveNext();
            if (!walk.Current.IsInteger) return false;
            var time = walk.Current.Integer;
            if (time is < 0 or > ExpiryMsMax || time != 0 && time < before) return false;
            before = time == 0 ? long.MaxValue : time;
        }
        return true;
    }

    private RdbOutcome Unpack(
        scoped ref RdbReader input, long offset, scoped in CheckedElements elements, bool expires, scoped ref KeyEdit key, long expiryMs)
    {
        var hash = tools.Keyspace.NewKey().Hash();
        hash.Reserve(long.MaxValue, RdbTools.Sized(elements.Count / 2));
        Span<byte> nameDigits = stackalloc byte[PackedElement.IntegerTextMax], valueDigits = stackalloc byte[PackedElement.IntegerTextMax];
        var isWhole = true;
        for (var walk = elements.Walk(); isWhole && walk.MoveNext();)
        {
            var name = walk.Current;
            walk.MoveNext();
            var value = walk.Current;
            long time = 0;
            if (expires && walk.MoveNext()) time = walk.Current.Integer;
            isWhole = hash.Set(name.Text(nameDigits), value.Text(valueDigits), time == 0 ? EntryView.NoExpiry : time) || input.Fail("Hash listpack with dup elements", offset);
        }
        hash.Settle();
        return tools.End(isWhole, ref key, expiryMs);
    }
}
