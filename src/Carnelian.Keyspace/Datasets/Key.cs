namespace Carnelian;

/// <summary>A key with where it is looked up; <see cref="Keyspace.KeyOf"/> makes it. Lives as long as its bytes.</summary>
public readonly ref struct Key(ReadOnlySpan<byte> bytes, ulong hash, int slot)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public ulong Hash { get; } = hash;

    /// <summary>The slot of a cluster; 0 where there are no slots.</summary>
    public int Slot { get; } = slot;
}
