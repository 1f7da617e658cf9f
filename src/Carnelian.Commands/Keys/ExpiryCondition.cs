using System.Text;

namespace Carnelian;

/// <summary>NX, XX, GT and LT of EXPIRE and its kin, of keys and of fields: which present expiry a new one may take the place of.</summary>
[Flags]
internal enum ExpiryCondition
{
    None = 0,
    IfNone = 1,
    IfSome = 2,
    IfLater = 4,
    IfEarlier = 8,
}

internal static class ExpiryConditions
{
    /// <summary>The condition that a word is, or none.</summary>
    public static ExpiryCondition Of(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "nx"u8)) return ExpiryCondition.IfNone;
        if (Ascii.EqualsIgnoreCase(word, "xx"u8)) return ExpiryCondition.IfSome;
        if (Ascii.EqualsIgnoreCase(word, "gt"u8)) return ExpiryCondition.IfLater;
        return Ascii.EqualsIgnoreCase(word, "lt"u8) ? ExpiryCondition.IfEarlier : ExpiryCondition.None;
    }

    /// <summary>What has no expiry counts as expiring never, that is, last.</summary>
    public static bool Allows(this ExpiryCondition condition, long currentMs, long newMs)
    {
        var hasExpiry = currentMs != EntryView.NoExpiry;
        if ((condition & ExpiryCondition.IfNone) != 0 && hasExpiry) return false;
        if ((condition & ExpiryCondition.IfSome) != 0 && !hasExpiry) return false;
        if ((condition & ExpiryCondition.IfLater) != 0 && (!hasExpiry || newMs <= currentMs)) return false;
        return (condition & ExpiryCondition.IfEarlier) == 0 || !hasExpiry || newMs < currentMs;
    }
}
