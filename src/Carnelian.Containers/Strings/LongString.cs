namespace Carnelian;

/// <summary>
/// Strings, and values of fields, outside their entries that are too long to be copied before every first change. Their blocks end with a
/// <see cref="StringHold"/>, so that a snapshot or a reply can keep them as they are.
/// <code>| bytes … | reserve … | hold 8 |</code>
/// </summary>
internal static unsafe class LongString
{
    /// <summary>Blocks larger than this have a hold; copying so much takes a few microseconds.</summary>
    public const int HoldFrom = 64 << 10;

    /// <summary>Bytes of the longest string: with its hold, its block's size is still an int.</summary>
    public const int LengthMax = int.MaxValue - StringHold.Bytes;

    /// <summary>An adopted block may waste at most an eighth of the string's length, as a shift.</summary>
    private const int WasteShift = 3;

    public static bool CanBeHeld(in ExternalValue value) => value.Capacity > HoldFrom;

    public static ref StringHold HoldOf(in ExternalValue value) => ref *(StringHold*)(value.Address + value.Capacity - StringHold.Bytes);

    public static bool IsHeld(in ExternalValue value) => CanBeHeld(value) && HoldOf(value).IsHeld;

    /// <summary>Bytes that the string may have in its block.</summary>
    public static int Room(in ExternalValue value) => CanBeHeld(value) ? value.Capacity - StringHold.Bytes : value.Capacity;

    /// <summary>
    /// Makes a string of the content. If a block is offered that begins with the content, the string takes it over without a copy (see
    /// <see cref="OwnedBlock.Give"/>). Otherwise it gets a new block.
    /// </summary>
    public static ExternalValue Make(BlockAllocator allocator, ReadOnlySpan<byte> content, List<OwnedBlock>? adoptable)
    {
        if (adoptable is not null && content.Length > HoldFrom)
        {
            foreach (var block in adoptable)
            {
                if (block.IsGiven || !TryAdopt(block, content, out var value)) continue;
                block.Give(Purpose.Values);
                return value;
            }
        }
        return Allocate(allocator, content, content.Length);
    }

    /// <summary>
    /// False if the content is not the block's beginning, or the block has no room for the hold, or too much of it would be wasted.
    /// </summary>
    private static bool TryAdopt(OwnedBlock block, ReadOnlySpan<byte> content, out ExternalValue value)
    {
        value = default;
        if (!block.Span.Overlaps(content, out var offset) || offset != 0) return false;
        if (block.Length < content.Length + StringHold.Bytes || block.Length - content.Length > content.Length >> WasteShift) return false;
        fixed (byte* address = content)
        {
            value = new ExternalValue { Address = address, Length = content.Length, Capacity = block.Length };
            HoldOf(value) = default;
            return true;
        }
    }

    /// <summary>A new block with the content and room for more.</summary>
    public static ExternalValue Allocate(BlockAllocator allocator, ReadOnlySpan<byte> content, int room, bool zeroed = false)
    {
        Check.That(room <= LengthMax);
        // A block of nearly 2 GiB holds more than an int can count.
        var usable = (int)Math.Min(BlockAllocator.UsableSize(room > HoldFrom ? (nint)room + StringHold.Bytes : room), int.MaxValue);
        var block = zeroed ? allocator.AllocateZeroed(usable, Purpose.Values) : allocator.Allocate(usable, Purpose.Values);
        content.CopyTo(new(block, content.Length));
        var value = new ExternalValue { Address = block, Length = content.Length, Capacity = usable };
        if (CanBeHeld(value)) HoldOf(value) = default;
        return value;
    }

    /// <summary>As <see cref="Allocate"/>, for content of at least <see cref="HoldFrom"/> bytes, in a block that has a hold in any case.</summary>
    public static ExternalValue AllocateHoldable(BlockAllocator allocator, ReadOnlySpan<byte> content)
    {
        var value = Allocate(allocator, content, Math.Max(content.Length, HoldFrom + 1));
        Check.That(CanBeHeld(value));
        return value;
    }

    /// <summary>
    /// As <see cref="Allocate"/>, with zeros behind the content up to a length. Many zeros are pages that are not touched before they are
    /// used: a bit set far out takes no time and little memory.
    /// </summary>
    public static ExternalValue AllocateZeroed(BlockAllocator allocator, ReadOnlySpan<byte> content, int length, int room)
    {
        const int UntouchedFrom = 1 << 20;
        var zeroed = length - content.Length >= UntouchedFrom;
        var value = Allocate(allocator, content, room, zeroed) with { Length = length };
        if (!zeroed) new Span<byte>(value.Address + content.Length, length - content.Length).Clear();
        return value;
    }

    /// <summary>The owner gives the string up. Views of it may still live.</summary>
    public static void Retire(BlockAllocator allocator, in ExternalValue value)
    {
        if (IsDroppable(allocator, value)) allocator.Retire(value.Address, value.Capacity, Purpose.Values);
    }

    public static void Free(BlockAllocator allocator, in ExternalValue value)
    {
        if (IsDroppable(allocator, value)) allocator.Free(value.Address, value.Capacity, Purpose.Values);
    }

    /// <summary>A snapshot lets go of the string of an entry's copy, if it held it.</summary>
    public static void Release(byte* entryCopy, BlockAllocator allocator)
    {
        if (!Entry.External(Entry.Header(entryCopy))) return;
        var value = Entry.ExternalOf(entryCopy);
        if (CanBeHeld(value)) Release(value, allocator);
    }

    /// <summary>A holder lets go.</summary>
    public static void Release(in ExternalValue value, BlockAllocator allocator)
    {
        if (HoldOf(value).Release()) allocator.Free(value.Address, value.Capacity, Purpose.Held);
    }

    /// <summary>False: others hold the string, and from now on it is theirs alone.</summary>
    private static bool IsDroppable(BlockAllocator allocator, in ExternalValue value)
    {
        if (!CanBeHeld(value) || HoldOf(value).Drop()) return true;
        allocator.Transfer(value.Capacity, Purpose.Values, Purpose.Held);
        return false;
    }
}
