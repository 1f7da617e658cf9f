namespace Carnelian;

/// <summary>Where replies go: a connection's output buffer, a script's result, nowhere.</summary>
public abstract class ReplySink
{
    /// <summary>Room for at least this many bytes. It stays valid until the next call of either method.</summary>
    public abstract Span<byte> Reserve(int bytes);

    /// <summary>This many bytes of the last reservation have been written.</summary>
    public abstract void Commit(int bytes);

    /// <summary>
    /// Offers a long value and the line end behind it, so that they need not be copied. What was written before is committed, and not empty.
    /// </summary>
    /// <returns>How many of these bytes, from the first, the sink took.</returns>
    public virtual int Pass(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> end) => 0;
}
