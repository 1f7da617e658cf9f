namespace Carnelian;

internal enum SetCondition : byte
{
    None,
    IfMissing,
    IfExists,
}

/// <summary>The options of SET, read before the key is looked at.</summary>
internal readonly record struct SetOptions(SetCondition Condition, bool Get, bool KeepTtl, long ExpiryMs, bool IsPxat)
{
    public static SetOptions Read(ref Call call)
    {
        var condition = SetCondition.None;
        bool get = false, keepTtl = false;
        var expiry = ExpiryOption.None;
        for (var i = 3; i < call.Args.Count; i++)
        {
            var option = call.Args[i];
            if (condition != SetCondition.IfExists && call.Is(i, "nx"u8)) condition = SetCondition.IfMissing;
            else if (condition != SetCondition.IfMissing && call.Is(i, "xx"u8)) condition = SetCondition.IfExists;
            else if (call.Is(i, "get"u8)) get = true;
            else if (expiry.IsNone && call.Is(i, "keepttl"u8)) keepTtl = true;
            else if (!keepTtl && i + 1 < call.Args.Count && ExpiryOption.TryRecognize(option, out var kind) && (expiry.IsNone || expiry.IsLike(kind)))
                expiry = kind with { Argument = ++i };
            else
            {
                call.FailSyntax();
                return default;
            }
        }
        var expiryMs = EntryView.NoExpiry;
        if (!expiry.IsNone && !expiry.TryRead(ref call, out expiryMs)) return default;
        return new(condition, get, keepTtl, expiryMs, expiry is { IsMoment: true, InSeconds: false } && !expiry.IsNone);
    }
}

/// <summary>A span or moment of expiry: EX, PX, EXAT or PXAT with its argument, or what EXPIRE and its kin are given.</summary>
internal readonly record struct ExpiryOption(bool InSeconds, bool IsMoment, int Argument)
{
    public static ExpiryOption None => default;

    public bool IsNone => Argument == 0;

    /// <summary>The same option may be given again, and the last one counts; another may not.</summary>
    public bool IsLike(ExpiryOption other) => InSeconds == other.InSeconds && IsMoment == other.IsMoment;

    public static bool TryRecognize(ReadOnlySpan<byte> word, out ExpiryOption option)
    {
        option = default;
        if (System.Text.Ascii.EqualsIgnoreCase(word, "ex"u8)) option = new(true, false, 0);
        else if (System.Text.Ascii.EqualsIgnoreCase(word, "px"u8)) option = new(false, false, 0);
        else if (System.Text.Ascii.EqualsIgnoreCase(word, "exat"u8)) option = new(true, true, 0);
        else if (System.Text.Ascii.EqualsIgnoreCase(word, "pxat"u8)) option = new(false, true, 0);
        else return false;
        return true;
    }

    /// <summary>The moment in Unix milliseconds, which SET and its kin want positive; otherwise the call has failed.</summary>
    public bool TryRead(ref Call call, out long expiryMs)
    {
        if (!call.TryInteger(Argument, out expiryMs)) return false;
        if (expiryMs > 0 && TryToMoment(expiryMs, call.NowMs, out expiryMs)) return true;
        call.FailExpireTime();
        return false;
    }

    /// <summary>False when the moment does not fit into 64 bits.</summary>
    public bool TryToMoment(long given, long nowMs, out long expiryMs)
    {
        expiryMs = given;
        if (InSeconds)
        {
            if (given is > long.MaxValue / 1000 or < long.MinValue / 1000) return false;
            expiryMs *= 1000;
        }
        if (IsMoment) return true;
        if (expiryMs > long.MaxValue - nowMs) return false;
        expiryMs += nowMs;
        return true;
    }
}
