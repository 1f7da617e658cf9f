namespace Carnelian;

/// <summary>Where replies go: a connection's output buffer, a script's result, nowhere.</summary>
public abstract class ReplySink
{
    /// <summary>Room for at least so many bytes, which stays valid until the next call of either method.</summary>
    public abstract Span<byte> Reserve(int bytes);

    /// <summary>So many bytes of the last reservation have been written.</summary>
    public abstract void Commit(int bytes);

    /// <summary>
    /// Offers long bytes, and few that end them, that need not be copied: how many of them, from the first, the sink took at once. What was
    /// written before is committed, and not empty.
    /// </summary>
    public virtual int Pass(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> end) => 0;
}
