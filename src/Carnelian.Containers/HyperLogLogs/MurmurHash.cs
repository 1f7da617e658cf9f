using System.Buffers.Binary;

namespace Carnelian;

/// <summary>MurmurHash2 of 64 bits for 64-bit machines, as HyperLogLogs use it (Austin Appleby's MurmurHash64A).</summary>
internal static class MurmurHash
{
    private const ulong M = 0xc6a4a7935bd1e995;
    private const int R = 47;

    public static ulong Hash(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var hash = seed ^ (ulong)bytes.Length * M;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) * M;
            hash = (hash ^ (word ^ word >> R) * M) * M;
        }
        if (!bytes.IsEmpty)
        {
            var tail = 0UL;
            for (var i = bytes.Length - 1; i >= 0; i--) tail = tail << 8 | bytes[i];
            hash = (hash ^ tail) * M;
        }
        hash = (hash ^ hash >> R) * M;
        return hash ^ hash >> R;
    }
}
