using System.Buffers;
using System.Buffers.Binary;

namespace Carnelian;

/// <summary>The SHA-1 of a script, by which it is called.</summary>
public readonly record struct ScriptDigest(ulong First, ulong Second, uint Third)
{
    public const int HexLength = 2 * Sha1.Bytes;

    public static ScriptDigest Of(ReadOnlySpan<byte> script)
    {
        Span<byte> hash = stackalloc byte[Sha1.Bytes];
        Sha1.Hash(script, hash);
        return Of20(hash);
    }

    /// <summary>Reads 40 hexadecimal digits, in whatever case.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, out ScriptDigest digest)
    {
        Span<byte> hash = stackalloc byte[Sha1.Bytes];
        digest = default;
        if (hex.Length != HexLength || Convert.FromHexString(hex, hash, out _, out _) != OperationStatus.Done) return false;
        digest = Of20(hash);
        return true;
    }

    private static ScriptDigest Of20(ReadOnlySpan<byte> hash) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]), BinaryPrimitives.ReadUInt32BigEndian(hash[16..]));

    public override string ToString() => $"{First:x16}{Second:x16}{Third:x8}";

    /// <summary>It is a hash already.</summary>
    public override int GetHashCode() => (int)First;
}
