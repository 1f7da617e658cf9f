namespace Carnelian;

/// <summary>Where replies go: a connection's output buffer, a script's result, nowhere.</summary>
public abstract class ReplySink
{
    /// <summary>Room for at least this many bytes. It stays valid until the next call of either method.</summary>
    public abstract Span<byte> Reserve(int bytes);

    /// <summary>This many bytes of the last reservation have been written.</summary>
    public abstract void Commit(int bytes);

    /// <summary>
    /// Offers bytes that need not be copied: the sink holds them until they are sent. What was written before is committed.
    /// </summary>
    /// <returns>False: they are to be written like others.</returns>
    public virtual bool TryRefer(SharedBytes bytes, int start, int length) => false;
}
