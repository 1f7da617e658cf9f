using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace Carnelian;

/// <summary>One key of a call: its position among the arguments (0 is the command's name) and how it is treated.</summary>
public readonly record struct KeyReference(int Position, KeyFlags Flags);

/// <summary>Positions from First to Last, both included, Step apart.</summary>
public readonly record struct KeyRange(int First, int Last, int Step, KeyFlags Flags);

/// <summary>
/// The keys of one call: a few ranges of positions, so that a million keys of one MSET cost as much as one and nothing is
/// allocated. <c>foreach</c> gives the single <see cref="KeyReference"/>s.
/// </summary>
public struct KeyRanges
{
    /// <summary>No command has more kinds of keys than GEORADIUS: source, STORE and STOREDIST.</summary>
    public const int Capacity = 4;

    private Slots _slots;
    private int _count;

    /// <summary>How many single keys there are.</summary>
    public int KeyCount { get; private set; }

    public void Add(KeyRange range)
    {
        Check.That(_count < Capacity);
        _slots[_count++] = range;
        KeyCount += ((range.Last - range.First) / range.Step) + 1;
    }

    public void Add(int position, KeyFlags flags) => Add(new(position, position, 1, flags));

    [UnscopedRef]
    public ReadOnlySpan<KeyRange> Ranges => ((ReadOnlySpan<KeyRange>)_slots)[.._count];

    [UnscopedRef]
    public Enumerator GetEnumerator() => new(Ranges);

    public ref struct Enumerator(ReadOnlySpan<KeyRange> ranges)
    {
        private readonly ReadOnlySpan<KeyRange> _ranges = ranges;
        private int _range = -1;
        private int _position;

        public readonly KeyReference Current => new(_position, _ranges[_range].Flags);

        public bool MoveNext()
        {
            if (_range >= 0 && (_position += _ranges[_range].Step) <= _ranges[_range].Last) return true;
            if (++_range >= _ranges.Length) return false;
            _position = _ranges[_range].First;
            return true;
        }
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private KeyRange _first;
    }
}

/// <summary>Applies one <see cref="KeySpec"/> to the arguments of a call.</summary>
internal static class KeySearch
{
    /// <summary>Adds what the spec finds; a keyword that is not there adds nothing. False when the arguments do not fit the spec.</summary>
    /// <param name="isLenient">The number of keys is what its text begins with, and no flags are known of them.</param>
    public static bool TryFind(KeySpec spec, Arguments arguments, ref KeyRanges keys, bool isLenient = false)
    {
        var first = spec.Index;
        switch (spec.Begin)
        {
            case KeyBegin.Unknown:
                return false;
            case KeyBegin.Keyword:
                first = AfterKeyword(spec, arguments);
                if (first == 0) return true;
                break;
        }

        var count = arguments.Count;
        long last;
        switch (spec.Find)
        {
            case KeyFind.Range when spec.Last >= 0:
                last = first + spec.Last;
                break;
            case KeyFind.Range:
                last = spec.Limit == 0 ? count + spec.Last : first + ((count - first) / spec.Limit) + spec.Last;
                break;
            case KeyFind.KeyCount:
                var at = first + spec.CountAt;
                if (at >= count || !TryCount(arguments[at], isLenient, out var number)) return false;
                first += spec.First;
                // With a step the count is of keys, each with what belongs to it.
                last = first + ((number - 1) * spec.Step);
                break;
            default:
                return false;
        }
        if (first >= count || last >= count || last < first) return false;
        keys.Add(new(first, (int)last, spec.Step, isLenient ? 0 : spec.Flags));
        return true;
    }

    private static bool TryCount(ReadOnlySpan<byte> text, bool isLenient, out long number)
    {
        if (isLenient) number = IntegerText.ParseLeading(text);
        else if (!IntegerText.TryParse(text, out number)) return false;
        return number is >= 0 and <= int.MaxValue;
    }

    /// <summary>The position after the keyword, 0 when it is not there.</summary>
    private static int AfterKeyword(KeySpec spec, Arguments arguments)
    {
        var forward = spec.Index > 0;
        var i = forward ? spec.Index : arguments.Count + spec.Index;
        // Neither the last argument, after which nothing can stand, nor on the way back the first is looked at.
        for (; i > (forward ? 0 : 1) && i < arguments.Count - 1; i += forward ? 1 : -1)
            if (Ascii.EqualsIgnoreCase(arguments[i], spec.Keyword))
                return i + 1;
        return 0;
    }
}

/// <summary>
/// First, last (negative: from the end) and step of a command's keys, as COMMAND showed them before there were key specs: what one range
/// can say of them. 0, 0, 0 when nothing.
/// </summary>
internal readonly record struct LegacyKeyRange(int First, int Last, int Step)
{
    /// <summary>Glues plain ranges that follow each other together, by Redis' rules.</summary>
    /// <param name="movable">True when the range does not tell everything.</param>
    internal static LegacyKeyRange Of(ReadOnlySpan<KeySpec> specs, out bool movable)
    {
        movable = false;
        if (specs.Length == 1 && specs[0] is { Begin: KeyBegin.Index, Find: KeyFind.Range } only)
        {
            movable = (only.Flags & KeyFlags.Incomplete) != 0;
            return new(only.Index, Absolute(only), only.Step);
        }
        var (first, last) = (0, 0);
        foreach (var spec in specs)
        {
            var plain = spec is { Begin: KeyBegin.Index, Find: KeyFind.Range, Step: 1 } && (last == 0 || last == spec.Index - 1);
            movable |= !plain || (spec.Flags & KeyFlags.Incomplete) != 0;
            if (!plain) continue;
            first = first == 0 ? spec.Index : Math.Min(first, spec.Index);
            // As unsigned numbers, what counts from the end is beyond everything else.
            last = (int)Math.Max((uint)last, (uint)Absolute(spec));
        }
        return first == 0 ? default : new(first, last, 1);
    }

    private static int Absolute(KeySpec spec) => spec.Last < 0 ? spec.Last : spec.Index + spec.Last;
}
