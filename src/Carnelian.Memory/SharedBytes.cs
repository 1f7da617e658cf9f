namespace Carnelian;

/// <summary>
/// Bytes that several keep until each has let go: a message to many, a long value on its way to a client. Whoever makes it holds it once. Command
/// thread only; the bytes themselves may be read by others meanwhile.
/// </summary>
public abstract class SharedBytes
{
    private int _holders = 1;

    public abstract ReadOnlySpan<byte> Span { get; }

    public void Hold()
    {
        Check.That(_holders > 0);
        _holders++;
    }

    public void Release()
    {
        Check.That(_holders > 0);
        if (--_holders == 0) Free();
    }

    protected abstract void Free();
}

/// <summary>A block of its own.</summary>
/// <param name="block">Taken over.</param>
public sealed class SharedBlock(OwnedBlock block) : SharedBytes
{
    public override ReadOnlySpan<byte> Span => block.Span;

    protected override void Free() => block.Dispose();
}
