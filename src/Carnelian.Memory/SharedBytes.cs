namespace Carnelian;

/// <summary>
/// Bytes that several keep until each has let go: a message to many, a long value on its way to a client. Whoever makes it holds it once. Command
/// thread only; the bytes themselves may be read by others meanwhile.
/// </summary>
public abstract class SharedBytes
{
    private int _holders;

    public abstract ReadOnlySpan<byte> Span { get; }

    /// <summary>Its bytes are there from now on.</summary>
    protected void Begin()
    {
        Check.That(_holders == 0);
        _holders = 1;
    }

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

/// <summary>A block of its own. When all have let go, the object may be used for other bytes.</summary>
/// <param name="freed">Called when nobody holds it any more.</param>
public sealed class SharedBlock(BlockAllocator allocator, Purpose purpose, Action<SharedBlock> freed) : SharedBytes
{
    private readonly OwnedBlock _block = new(allocator, 0, purpose);

    public override ReadOnlySpan<byte> Span => _block.Span;

    /// <summary>To be written before others see it.</summary>
    public Span<byte> Room => _block.Span;

    /// <summary>Takes so many bytes, whose contents are undefined.</summary>
    public void Take(int bytes)
    {
        Begin();
        _block.Resize(bytes, 0);
    }

    protected override void Free()
    {
        _block.Dispose();
        freed(this);
    }
}
