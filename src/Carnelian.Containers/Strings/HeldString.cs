namespace Carnelian;

/// <summary>A long string of a key, kept as it is at present until it is released, whatever becomes of the key.</summary>
internal sealed unsafe class HeldString : SharedBytes
{
    private readonly BlockAllocator _allocator;
    private readonly ExternalValue _value;

    public HeldString(BlockAllocator allocator, in ExternalValue value)
    {
        (_allocator, _value) = (allocator, value);
        LongString.HoldOf(value).Take();
        Begin();
    }

    public override ReadOnlySpan<byte> Span => new(_value.Address, _value.Length);

    protected override void Free() => LongString.Release(_value, _allocator);
}
