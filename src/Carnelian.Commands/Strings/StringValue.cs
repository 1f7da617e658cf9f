namespace Carnelian;

/// <summary>Rules that all commands on strings share.</summary>
public static class StringValue
{
    /// <summary>Longer strings are "raw". In Redis strings up to this length lie in one block with their object.</summary>
    private const int EmbstrMax = 44;

    /// <summary>The encoding that a value set as a whole has.</summary>
    public static ValueEncoding EncodingOf(ReadOnlySpan<byte> value)
    {
        if (value.Length > EmbstrMax) return ValueEncoding.Raw;
        return IntegerText.TryParse(value, out _) ? ValueEncoding.Int : ValueEncoding.Embstr;
    }

    /// <summary>The encoding of a value that is never tried as a number, as in Redis: a sum of INCRBYFLOAT, what DEBUG POPULATE makes.</summary>
    public static ValueEncoding EncodingOfText(ReadOnlySpan<byte> text) => text.Length > EmbstrMax ? ValueEncoding.Raw : ValueEncoding.Embstr;

    /// <summary>Sets a whole value as SET does, and raises its events.</summary>
    /// <param name="keepsExpiry">The key keeps the time that it has.</param>
    /// <param name="expiryMs">Its new time, Unix milliseconds.</param>
    public static void Set(
        ref Call call, KeyEdit edit, int keyArgument, ReadOnlySpan<byte> value, bool keepsExpiry = false, long expiryMs = EntryView.NoExpiry)
    {
        var newExpiryMs = keepsExpiry && edit.Exists ? edit.View.ExpiryMs : expiryMs;
        edit.Write(ValueType.String, EncodingOf(value), value, newExpiryMs, KeyspaceEvent.Set);
        if (expiryMs != EntryView.NoExpiry) call.Keyspace.Raise(KeyspaceEvent.Expire, call.Database, call.Key(keyArgument));
    }

    /// <summary>No string may be longer than proto-max-bulk-len; otherwise the call has failed.</summary>
    /// <param name="length">Bytes at an offset that may be anything up to 2^63 - 1.</param>
    public static bool IsLengthAllowed(ref Call call, long offset, int length)
    {
        if (offset <= call.Executor.StringBytesMax - length) return true;
        call.Fail("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        return false;
    }
}
