using System.Numerics;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The checked mode: knows every live block, puts canaries around it, poisons it when it is freed and keeps it in
/// quarantine for a while. Every misuse stops with its name.
/// <code>
/// | canary 16, or 64 where the block is aligned to 64 | block | canary 16 |
/// </code>
/// The canary is a mix of the block's address and size, so that a block copied over another does not pass.
/// </summary>
internal sealed unsafe class BlockChecker(int quarantineBlocks)
{
    private const byte FreshByte = 0xCD;
    private const byte FreedByte = 0xDD;
    private const int CanaryBytes = 16;
    private const int AlignedCanaryBytes = 64;

    /// <summary>Larger blocks are neither poisoned nor quarantined: unmapped, they fault by themselves.</summary>
    private const nint QuarantinedBlockBytesMax = 1 << 20;
    private const nint QuarantineBytesMax = 8 << 20;

    private readonly Dictionary<nint, Label> _live = [];
    private readonly Queue<(nint Block, nint Size)> _quarantine = new();
    private readonly HashSet<nint> _quarantined = [];

    /// <summary>Blocks re-labelled to a purpose and not freed since. Transfers name no block, so any of that size may be the one.</summary>
    private readonly Dictionary<(nint Size, Purpose To), int> _transferred = [];
    private nint _quarantineBytes;

    public int QuarantinedBlocks => _quarantine.Count;

    /// <summary>What to take from the heap for a block of this size.</summary>
    public static nint RawSize(nint size)
    {
        var bytes = Before(size) + size + CanaryBytes;

        // Classes that are multiples of 64 start at multiples of 64.
        return Before(size) == AlignedCanaryBytes ? (bytes + 63) & -64 : bytes;
    }

    public static byte* RawBlock(byte* block, nint size) => block - Before(size);

    public byte* Admit(byte* raw, nint size, Purpose purpose, bool zeroed)
    {
        Check.That(purpose <= Purpose.Other);
        var block = raw + Before(size);
        FillCanary(raw, Before(size), block, size);
        if (!zeroed) Fill(block, size, FreshByte);
        FillCanary(block + size, CanaryBytes, block, size);
        _live.Add((nint)block, new Label(size, purpose, IsRetired: false));
        return block;
    }

    public void Retire(byte* block, nint size, Purpose purpose)
    {
        Verify(block, size, purpose, retired: false);
        _live[(nint)block] = new Label(size, purpose, IsRetired: true);
    }

    /// <summary>Takes a block out of the living. False: its memory is to be given back now, else it is in quarantine.</summary>
    public bool Dismiss(byte* block, nint size, Purpose purpose, bool retired)
    {
        Verify(block, size, purpose, retired);
        _live.Remove((nint)block);
        if (size > QuarantinedBlockBytesMax) return false;
        Fill(block, size, FreedByte);
        _quarantine.Enqueue(((nint)block, size));
        _quarantined.Add((nint)block);
        _quarantineBytes += size;
        return true;
    }

    /// <summary>Lets the oldest block out of quarantine if it is overfull, or whenever <paramref name="all"/> are asked for.</summary>
    public bool TryDischarge(bool all, out byte* block, out nint size)
    {
        block = null;
        size = 0;
        if (_quarantine.Count == 0) return false;
        if (!all && _quarantine.Count <= quarantineBlocks && _quarantineBytes <= QuarantineBytesMax) return false;
        (var address, size) = _quarantine.Dequeue();
        block = (byte*)address;
        _quarantined.Remove(address);
        _quarantineBytes -= size;
        VerifyCanaries(block, size);
        for (nint from = 0; from < size; from += int.MaxValue)
        {
            var written = new ReadOnlySpan<byte>(block + from, (int)Math.Min(size - from, int.MaxValue)).IndexOfAnyExcept(FreedByte);
            if (written >= 0) Check.Fail($"write after free: byte {from + written} of {Name(block, size)}");
        }
        return true;
    }

    public void Transfer(nint size, Purpose to)
    {
        Check.That(to <= Purpose.Other);
        CollectionsMarshal.GetValueRefOrAddDefault(_transferred, (size, to), out _)++;
    }

    public void VerifyLarge(byte* block, nint offset, nint length)
    {
        if (!_live.TryGetValue((nint)block, out var label)) Check.Fail($"pages released of a block that is not live: 0x{(nint)block:x}");
        Check.That(offset >= 0 && length >= 0 && offset <= label.Size - length);
        Check.That(label.Size > SizeClass.BlockBytesMax);
    }

    /// <summary>What is still alive, or null.</summary>
    public string? DescribeLeaks()
    {
        if (_live.Count == 0) return null;
        var blocks = new long[(int)Purpose.Other + 1];
        var bytes = new long[blocks.Length];
        foreach (var label in _live.Values)
        {
            blocks[(int)label.Purpose]++;
            bytes[(int)label.Purpose] += label.Size;
        }
        var parts = Enum.GetValues<Purpose>().Where(p => blocks[(int)p] > 0).Select(p => $"{p} {blocks[(int)p]} ({bytes[(int)p]} bytes)");
        return $"blocks still live at Dispose: {string.Join(", ", parts)}";
    }

    private static nint Before(nint size) => size >= 64 && BitOperations.IsPow2(size) ? AlignedCanaryBytes : CanaryBytes;

    private static string Name(byte* block, nint size) => $"block 0x{(nint)block:x} of {size} bytes";

    private void Verify(byte* block, nint size, Purpose purpose, bool retired)
    {
        if (!_live.TryGetValue((nint)block, out var label))
        {
            Check.Fail(_quarantined.Contains((nint)block)
                ? $"double free: {Name(block, size)} is freed already"
                : $"foreign pointer: {Name(block, size)} is none of this allocator's live blocks");
        }
        if (label.IsRetired && !retired) Check.Fail($"double free: {Name(block, size)} is retired already");
        if (label.Size != size) Check.Fail($"size mismatch: {Name(block, label.Size)} is freed with {size}");
        VerifyCanaries(block, size);
        if (label.Purpose == purpose || retired) return;
        if (!_transferred.TryGetValue((size, purpose), out var count))
            Check.Fail($"purpose mismatch: {Name(block, size)} for {label.Purpose} is freed as {purpose}");
        if (count == 1) _transferred.Remove((size, purpose));
        else _transferred[(size, purpose)] = count - 1;
    }

    private static void VerifyCanaries(byte* block, nint size)
    {
        if (!HasCanary(block - Before(size), Before(size), block, size)) Check.Fail($"underrun: bytes before {Name(block, size)} are overwritten");
        if (!HasCanary(block + size, CanaryBytes, block, size)) Check.Fail($"overrun: bytes after {Name(block, size)} are overwritten");
    }

    private static void FillCanary(byte* at, nint bytes, byte* block, nint size)
    {
        for (nint i = 0; i < bytes; i += sizeof(ulong)) *(ulong*)(at + i) = Canary(block, size);
    }

    private static bool HasCanary(byte* at, nint bytes, byte* block, nint size)
    {
        for (nint i = 0; i < bytes; i += sizeof(ulong))
        {
            if (*(ulong*)(at + i) != Canary(block, size)) return false;
        }
        return true;
    }

    /// <summary>Two odd multipliers with well spread bits; nothing more is asked of it.</summary>
    private static ulong Canary(byte* block, nint size)
    {
        var mixed = ((ulong)block ^ ((ulong)size << 48 | (ulong)size >> 16)) * 0x9E3779B97F4A7C15;
        return (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9;
    }

    private static void Fill(byte* block, nint size, byte value) => NativeMemory.Fill(block, (nuint)size, value);

    private readonly record struct Label(nint Size, Purpose Purpose, bool IsRetired);
}
