namespace Carnelian;

/// <summary>
/// A native buffer with one owner, for code that may not touch pointers: allocated when it is made, freed by
/// <see cref="Dispose"/>. A span taken from it must not outlive the next <see cref="Resize"/> or Dispose.
/// </summary>
public sealed unsafe class OwnedBlock : IDisposable
{
    private readonly BlockAllocator _allocator;
    private readonly Purpose _purpose;
    private byte* _block;

    /// <summary><paramref name="length"/> bytes with undefined contents; 0 takes no memory.</summary>
    public OwnedBlock(BlockAllocator allocator, int length, Purpose purpose)
    {
        Check.That(length >= 0);
        (_allocator, _purpose) = (allocator, purpose);
        Length = length;
        if (length > 0) _block = allocator.Allocate(length, purpose);
    }

    /// <summary>In bytes; 0 after Dispose.</summary>
    public int Length { get; private set; }

    public Span<byte> Span => new(_block, Length);

    /// <summary>The memory has another owner; its bytes can be seen here as long as that one keeps them.</summary>
    public bool IsGiven { get; private set; }

    /// <summary>Changes the length and keeps the first <paramref name="keepBytes"/> bytes; the others are undefined.</summary>
    public void Resize(int newLength, int keepBytes)
    {
        Check.That(newLength >= 0 && !IsGiven);
        Check.That(keepBytes >= 0 && keepBytes <= Math.Min(Length, newLength));
        if (newLength == Length) return;
        var block = newLength > 0 ? _allocator.Allocate(newLength, _purpose) : null;
        Span[..keepBytes].CopyTo(new Span<byte>(block, newLength));
        Dispose();
        _block = block;
        Length = newLength;
    }

    /// <summary>Leaves the memory, whose bytes are worth keeping, to another owner, who is to free it as a block of this length.</summary>
    public void Give(Purpose purpose)
    {
        Check.That(Length > 0 && !IsGiven);
        _allocator.Transfer(Length, _purpose, purpose);
        IsGiven = true;
    }

    public void Dispose()
    {
        if (Length > 0 && !IsGiven) _allocator.Free(_block, Length, _purpose);
        _block = null;
        Length = 0;
    }
}
