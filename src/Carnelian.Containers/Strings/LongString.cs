using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Strings outside their entries that are too long to be copied before every first change. Their blocks end with a
/// <see cref="Hold"/>, so that a snapshot can keep them as they are. A block that a request was received into begins with the rest of
/// the request, the lead.
/// <code>| lead … | bytes … | reserve … | hold 8 | length of the lead 8 |
///           ^ the value's address, and from here on its capacity</code>
/// </summary>
internal static unsafe class LongString
{
    /// <summary>Blocks larger than this have a hold; copying so much takes a few microseconds.</summary>
    public const int HoldFrom = 64 << 10;

    /// <summary>Bytes of the longest string: with its hold, its block's size is still an int.</summary>
    public const int LengthMax = int.MaxValue - TailBytes;

    /// <summary>What a donated block needs behind the string.</summary>
    public const int TailBytes = Hold.Bytes + sizeof(long);

    /// <summary>A donated block may have an eighth of the string's length besides the string, as a shift.</summary>
    private const int WasteShift = 3;

    public static bool CanBeHeld(in ExternalValue value) => value.Capacity > HoldFrom;

    public static ref Hold HoldOf(in ExternalValue value) => ref *(Hold*)(value.Address + value.Capacity - TailBytes);

    private static ref long LeadOf(in ExternalValue value) => ref *(long*)(value.Address + value.Capacity - sizeof(long));

    private static int Lead(in ExternalValue value) => CanBeHeld(value) ? (int)LeadOf(value) : 0;

    /// <summary>Size of the whole block.</summary>
    public static long BlockBytes(in ExternalValue value) => (long)value.Capacity + Lead(value);

    public static bool IsHeld(in ExternalValue value) => CanBeHeld(value) && HoldOf(value).IsHeld;

    /// <summary>Bytes that the string may have in its block.</summary>
    public static int Room(in ExternalValue value) => CanBeHeld(value) ? value.Capacity - TailBytes : value.Capacity;

    /// <summary>A new block with the content, or the very block that the content is in when its owner has offered that.</summary>
    public static ExternalValue Make(TableHost host, ReadOnlySpan<byte> content)
    {
        var donors = host.Donors;
        for (var i = content.Length > HoldFrom ? donors.Count - 1 : -1; i >= 0; i--)
        {
            var value = Donated(donors[i], content);
            if (!CanBeHeld(value)) continue;
            donors[i].Give(Purpose.Values);
            donors.RemoveAt(i);
            return value;
        }
        return Allocate(host.Allocator, content, content.Length);
    }

    /// <summary>The value in its donor's block; default where it does not lie there, leaves no room for the tail, or is too small a part of the block.</summary>
    private static ExternalValue Donated(OwnedBlock donor, ReadOnlySpan<byte> content)
    {
        if (!donor.Span.Overlaps(content, out var lead)) return default;
        var capacity = donor.Length - lead;
        if (lead < 0 || capacity < content.Length + TailBytes || donor.Length - content.Length > content.Length >> WasteShift) return default;
        fixed (byte* address = content)
        {
            var value = new ExternalValue { Address = address, Length = content.Length, Capacity = capacity };
            HoldOf(value) = default;
            LeadOf(value) = lead;
            return value;
        }
    }

    /// <summary>A new block with the content and room for more.</summary>
    public static ExternalValue Allocate(BlockAllocator allocator, ReadOnlySpan<byte> content, int room, bool zeroed = false)
    {
        Check.That(room <= LengthMax);
        // A block of nearly 2 GiB holds more than an int can count.
        var usable = (int)Math.Min(BlockAllocator.UsableSize(room > HoldFrom ? (nint)room + TailBytes : room), int.MaxValue);
        var block = zeroed ? allocator.AllocateZeroed(usable, Purpose.Values) : allocator.Allocate(usable, Purpose.Values);
        content.CopyTo(new(block, content.Length));
        var value = new ExternalValue { Address = block, Length = content.Length, Capacity = usable };
        if (!CanBeHeld(value)) return value;
        HoldOf(value) = default;
        LeadOf(value) = 0;
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

    /// <summary>The owner is done with the string, of which views may still live.</summary>
    public static void Retire(BlockAllocator allocator, in ExternalValue value)
    {
        if (IsDroppable(allocator, value)) allocator.Retire(value.Address - Lead(value), (nint)BlockBytes(value), Purpose.Values);
    }

    public static void Free(BlockAllocator allocator, in ExternalValue value)
    {
        if (IsDroppable(allocator, value)) allocator.Free(value.Address - Lead(value), (nint)BlockBytes(value), Purpose.Values);
    }

    /// <summary>A snapshot lets go of the string of an entry's copy, if it held it.</summary>
    public static void Release(byte* entryCopy, BlockAllocator allocator)
    {
        if (!Entry.External(Entry.Header(entryCopy))) return;
        var value = Entry.ExternalOf(entryCopy);
        if (CanBeHeld(value) && HoldOf(value).Release()) allocator.Free(value.Address - Lead(value), (nint)BlockBytes(value), Purpose.Snapshot);
    }

    /// <summary>False: a snapshot keeps the string, from now on for itself alone.</summary>
    private static bool IsDroppable(BlockAllocator allocator, in ExternalValue value)
    {
        if (!CanBeHeld(value) || HoldOf(value).Drop()) return true;
        allocator.Transfer((nint)BlockBytes(value), Purpose.Values, Purpose.Snapshot);
        return false;
    }
}
