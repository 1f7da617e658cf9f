namespace Carnelian;

/// <summary>The ID of a stream's entry: a time in Unix milliseconds, and a number among those of the same millisecond. IDs are ordered by time, then number.</summary>
public readonly record struct StreamId(ulong Milliseconds, ulong Sequence) : IComparable<StreamId>
{
    public const int Bytes = 16;

    public static StreamId Min => default;
    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    public int CompareTo(StreamId other) => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    public static bool operator <(StreamId a, StreamId b) => a.Milliseconds < b.Milliseconds || a.Milliseconds == b.Milliseconds && a.Sequence < b.Sequence;
    public static bool operator >(StreamId a, StreamId b) => b < a;
    public static bool operator <=(StreamId a, StreamId b) => !(b < a);
    public static bool operator >=(StreamId a, StreamId b) => !(a < b);

    /// <summary>False: there is no greater one.</summary>
    public bool TryNext(out StreamId next)
    {
        // The result may go into the variable that this one is in.
        var isLast = this == Max;
        next = Sequence < ulong.MaxValue ? new(Milliseconds, Sequence + 1) : new(Milliseconds + 1, 0);
        return !isLast;
    }

    /// <summary>False: there is no lesser one.</summary>
    public bool TryPrevious(out StreamId previous)
    {
        var isFirst = this == Min;
        previous = Sequence > 0 ? new(Milliseconds, Sequence - 1) : new(Milliseconds - 1, ulong.MaxValue);
        return !isFirst;
    }
}
