using System.Globalization;

namespace Carnelian;

/// <summary>A whole number between two bounds, both included.</summary>
internal sealed class IntegerDirective(string name, long defaultValue, long min, long max, Func<long> get, Action<long> set)
    : ValueDirective<long>(name, defaultValue, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out long value)
    {
        if (!NumberText.TryReadStrict(arguments[0], out value)) return "argument couldn't be parsed into an integer";
        return value >= min && value <= max ? null : $"argument must be between {min} and {max} inclusive";
    }

    protected override string Write(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Permission bits, read and shown in octal.</summary>
internal sealed class OctalDirective(string name, int defaultValue, int max, Func<int> get, Action<int> set)
    : ValueDirective<int>(name, defaultValue, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out int value)
    {
        value = 0;
        if (!NumberText.TryReadLenient(arguments[0], 8, out var number, out var overflow) || overflow)
            return "argument couldn't be parsed as an octal number";
        if (number < 0 || number > max) return $"argument must be between 0 and {Write(max)} inclusive";
        value = (int)number;
        return null;
    }

    protected override string Write(int value) => Convert.ToString(value, 8);
}

/// <summary>Bytes, with units in the notation of <c>100mb</c>; shown as a plain number.</summary>
internal sealed class MemoryDirective(string name, ulong defaultValue, ulong min, ulong max, Func<ulong> get, Action<ulong> set)
    : ValueDirective<ulong>(name, defaultValue, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out ulong value)
    {
        if (!NumberText.TryReadMemory(arguments[0], out value)) return "argument must be a memory value";
        return value >= min && value <= max ? null : $"argument must be between {min} and {max} inclusive";
    }

    protected override string Write(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    protected override string WriteForFile(ulong value) => NumberText.WriteMemory(value);
}

/// <summary>Bytes, or a percentage of something that the owner knows, kept as a negative number.</summary>
internal sealed class MemoryOrPercentDirective(string name, long defaultValue, Func<long> get, Action<long> set)
    : ValueDirective<long>(name, defaultValue, get, set)
{
    private const int PercentMax = 100;

    protected override string? Read(ReadOnlySpan<string> arguments, out long value)
    {
        var text = arguments[0];
        var isMemory = NumberText.TryReadMemory(text, out var bytes);
        value = unchecked((long)bytes);
        if (!isMemory)
        {
            if (!text.EndsWith('%') || !NumberText.TryReadStrict(text[..^1], out var percent) || percent < 0)
                return "argument must be a memory or percent value";
            value = -percent;
        }
        // Redis reads what exceeds its signed type as a percentage too.
        return value < -PercentMax ? $"percentage argument must be less or equal to {PercentMax}" : null;
    }

    protected override string Write(long value) => value < 0 ? $"{-value}%" : value.ToString(CultureInfo.InvariantCulture);

    protected override string WriteForFile(long value) => value < 0 ? Write(value) : NumberText.WriteMemory((ulong)value);
}

/// <summary>Bytes, or -1 for no limit.</summary>
public sealed class MemoryOrUnlimitedDirective(string name, long defaultValue, Func<long> get, Action<long> set)
    : ValueDirective<long>(name, defaultValue, get, set)
{
    private const long Unlimited = -1;

    protected override string? Read(ReadOnlySpan<string> arguments, out long value)
    {
        value = Unlimited;
        if (arguments[0] == "-1") return null;
        if (!NumberText.TryReadMemory(arguments[0], out var bytes)) return "argument must be a memory value";
        // What exceeds the signed type is read as the negative number that it is there.
        value = unchecked((long)bytes);
        return value >= Unlimited ? null : $"argument must be between {Unlimited} and {long.MaxValue} inclusive";
    }

    protected override string Write(long value) => value.ToString(CultureInfo.InvariantCulture);

    protected override string WriteForFile(long value) => value < 0 ? Write(value) : NumberText.WriteMemory((ulong)value);
}
