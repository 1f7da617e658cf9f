namespace Carnelian;

internal enum SetCondition : byte
{
    None,
    IfMissing,
    IfExists,
    IfEqual,
}

/// <summary>Which options a command has beside EX, PX, EXAT and PXAT.</summary>
[Flags]
internal enum StringOptionWords
{
    /// <summary>NX, XX</summary>
    Conditions = 1,

    /// <summary>IFEQ value</summary>
    Comparison = 2,

    /// <summary>GET</summary>
    Get = 4,
    KeepTtl = 8,
    Persist = 16,
}

/// <summary>The options of SET, MSETEX and GETEX, read before any key is looked at.</summary>
/// <param name="Comparison">The argument that the present value must equal.</param>
/// <param name="IsLasting">KEEPTTL or PERSIST, whichever the command has: no new time is given.</param>
internal readonly record struct StringOptions(SetCondition Condition, int Comparison, bool Get, bool IsLasting, ExpiryOption Expiry)
{
    public const StringOptionWords OfSet = StringOptionWords.Conditions | StringOptionWords.Comparison | StringOptionWords.Get | StringOptionWords.KeepTtl;
    public const StringOptionWords OfSeveralSet = StringOptionWords.Conditions | StringOptionWords.KeepTtl;
    public const StringOptionWords OfGet = StringOptionWords.Persist;

    /// <summary>Reads from the given argument on; the time is not looked at yet.</summary>
    public static StringOptions Read(ref Call call, int first, StringOptionWords words)
    {
        var condition = SetCondition.None;
        var comparison = 0;
        bool get = false, isLasting = false;
        var expiry = ExpiryOption.None;
        var options = new OptionReader(call.Args, first);
        while (options.Next())
        {
            if (Has(StringOptionWords.Conditions)
                && (options.Chooses("nx"u8, ref condition, SetCondition.IfMissing) || options.Chooses("xx"u8, ref condition, SetCondition.IfExists))) { }
            else if (condition == SetCondition.None && Has(StringOptionWords.Comparison) && options.Takes("ifeq"u8, out var argument))
                (condition, comparison) = (SetCondition.IfEqual, argument);
            else if (Has(StringOptionWords.Get) && options.Is("get"u8)) get = true;
            else if (expiry.IsNone && (Has(StringOptionWords.KeepTtl) && options.Is("keepttl"u8) || Has(StringOptionWords.Persist) && options.Is("persist"u8)))
                isLasting = true;
            else if (!isLasting && ExpiryOption.TryRecognize(call.Args[options.At], out var kind) && (expiry.IsNone || expiry.IsLike(kind))
                && options.TakesValue(out argument))
                expiry = kind with { Argument = argument };
            else options.FailSyntax();
        }
        return options.Ends(ref call) ? new(condition, comparison, get, isLasting, expiry) : default;

        bool Has(StringOptionWords word) => (words & word) != 0;
    }

    /// <summary>The moment in Unix milliseconds, or <see cref="EntryView.NoExpiry"/> where none was given; otherwise the call has failed.</summary>
    public bool TryExpiry(ref Call call, out long expiryMs)
    {
        expiryMs = EntryView.NoExpiry;
        return Expiry.IsNone || Expiry.TryRead(ref call, out expiryMs);
    }

    /// <summary>Whether NX, XX or IFEQ lets the key be written. The call fails if IFEQ meets a value that is no string.</summary>
    public bool Admits(ref Call call, in KeyEdit edit) => Condition switch
    {
        SetCondition.IfMissing => !edit.Exists,
        SetCondition.IfExists => edit.Exists,
        SetCondition.IfEqual => edit.Exists && call.IsStringOrMissing(edit.View) && edit.View.Value.SequenceEqual(call.Args[Comparison]),
        _ => true,
    };
}

/// <summary>A span or moment of expiry: EX, PX, EXAT or PXAT with its argument, or what EXPIRE and its kin are given.</summary>
internal readonly record struct ExpiryOption(bool InSeconds, bool IsMoment, int Argument)
{
    public static ExpiryOption None => default;

    public bool IsNone => Argument == 0;

    /// <summary>As PXAT and PEXPIREAT take it, the form in which times are propagated.</summary>
    public bool IsUnixMilliseconds => IsMoment && !InSeconds && !IsNone;

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
