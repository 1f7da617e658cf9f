using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Strings outside their entries that are too long to be copied before every first change. Their blocks end with a
/// <see cref="Hold"/>, so that a snapshot can keep them as they are.
/// <code>| bytes … | reserve … | hold 8 |</code>
/// </summary>
internal static unsafe class LongString
{
    /// <summary>Blocks larger than this have a hold; copying so much takes a few microseconds.</summary>
    public const int HoldFrom = 64 << 10;

    /// <summary>Bytes of the longest string: with its hold, its block's size is still an int.</summary>
    public const int LengthMax = int.MaxValue - Hold.Bytes;

    public static bool CanBeHeld(in ExternalValue value) => value.Capacity > HoldFrom;

    public static ref Hold HoldOf(in ExternalValue value) => ref *(Hold*)(value.Address + value.Capacity - Hold.Bytes);

    public static bool IsHeld(in ExternalValue value) => CanBeHeld(value) && HoldOf(value).IsHeld;

    /// <summary>Bytes that the string may have in its block.</summary>
    public static int Room(in ExternalValue value) => CanBeHeld(value) ? value.Capacity - Hold.Bytes : value.Capacity;

    public static ExternalValue Allocate(BlockAllocator allocator, ReadOnlySpan<byte> content, int room)
    {
        Check.That(room <= LengthMax);
        // A block of nearly 2 GiB holds more than an int can count.
        var usable = (int)Math.Min(BlockAllocator.UsableSize(room > HoldFrom ? (nint)room + Hold.Bytes : room), int.MaxValue);
        var block = allocator.Allocate(usable, Purpose.Values);
        content.CopyTo(new(block, content.Length));
        var value = new ExternalValue { Address = block, Length = content.Length, Capacity = usable };
        if (CanBeHeld(value)) HoldOf(value) = default;
        return value;
    }

    /// <summary>The owner is done with the string, of which views may still live.</summary>
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
        var value = Unsafe.ReadUnaligned<ExternalValue>(Entry.ValueStart(entryCopy));
        if (CanBeHeld(value) && HoldOf(value).Release()) allocator.Free(value.Address, value.Capacity, Purpose.Snapshot);
    }

    /// <summary>False: a snapshot keeps the string, from now on for itself alone.</summary>
    private static bool IsDroppable(BlockAllocator allocator, in ExternalValue value)
    {
        if (!CanBeHeld(value) || HoldOf(value).Drop()) return true;
        allocator.Transfer(value.Capacity, Purpose.Values, Purpose.Snapshot);
        return false;
    }
}
