using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Libraries as FUNCTION DUMP gives them, as in an RDB file:
/// <code>| 245, source | … | version 2 | checksum of all before 8 |, the lower bytes first</code>
/// The version is the first that has functions, so that older servers take it.
/// </summary>
internal static class FunctionPayload
{
    private const int ChecksumBytes = 8, FooterBytes = 2 + ChecksumBytes;

    public static ReadOnlySpan<byte> Write(IReadOnlyCollection<FunctionLibrary> libraries)
    {
        var payload = new RdbBuffer();
        foreach (var library in libraries)
        {
            payload.Opcode(RdbOpcode.Function2);
            payload.String(library.Code);
        }
        Span<byte> footer = stackalloc byte[FooterBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(footer, RdbVersion.Redis70);
        payload.Bytes(footer[..^ChecksumBytes]);
        BinaryPrimitives.WriteUInt64LittleEndian(footer, Crc64.Of(payload.Written));
        payload.Bytes(footer[..ChecksumBytes]);
        return payload.Written;
    }

    public static bool IsIntact(ReadOnlySpan<byte> payload) =>
        payload.Length >= FooterBytes && RdbVersion.IsKnown(BinaryPrimitives.ReadUInt16LittleEndian(payload[^FooterBytes..]))
        && Crc64.Of(payload[..^ChecksumBytes]) == BinaryPrimitives.ReadUInt64LittleEndian(payload[^ChecksumBytes..]);

    /// <summary>The sources in a payload that is intact. Null, or what is wrong with it.</summary>
    public static string? Read(ReadOnlySpan<byte> payload, List<byte[]> sources)
    {
        var input = new RdbReader(payload);
        var scratch = new RdbScratch();
        while (input.Left > FooterBytes)
        {
            if (!input.TryByte(out var type)) return "can not read data type";
            if (type == (byte)RdbOpcode.FunctionPreGa) return "Pre-GA function format not supported";
            if (type != (byte)RdbOpcode.Function2) return "given type is not a function";
            if (!input.TryString(scratch, out var source)) return "Failed loading library";
            sources.Add(source.ToArray());
        }
        return null;
    }
}
