using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Values as payloads, which other servers understand.
/// <code>| type 1 | value … | version 2 | checksum of all before 8 |, the lower bytes first</code>
/// The version that is written is the first one that has the value's form, so that older servers take it; Redis and Valkey write their own.
/// </summary>
public sealed class Dumps(Keyspace keyspace)
{
    private const int ChecksumBytes = 8, FooterBytes = 2 + ChecksumBytes;

    private readonly RdbBuffer _buffer = new();
    private readonly RdbValueWriter _writer = new(new());
    private readonly RdbValueReader _reader = new(keyspace);
    private readonly RdbScratch _metadata = new();

    /// <summary>rdbcompression.</summary>
    public bool Compresses
    {
        get => _buffer.Compresses;
        set => _buffer.Compresses = value;
    }

    public RdbSettings Settings { get; } = new();

    /// <summary>False: any checksum is right (DEBUG SET-SKIP-CHECKSUM-VALIDATION).</summary>
    public bool ChecksChecksums { get; set; } = true;

    /// <summary>Told what is wrong with a payload that is no value, and where.</summary>
    public Action<string, long>? Refused { get; set; }

    /// <summary>How a value is written.</summary>
    internal RdbType TypeOf(EntryView entry) => RdbValueWriter.TypeOf(entry, Settings.Format.PayloadVersion());

    /// <summary>Writes a value of that type, without what stands around it.</summary>
    internal void Write(RdbOutput to, RdbType type, Dataset data, EntryView entry) => _writer.Write(to, type, data, entry);

    /// <summary>A key's value, until the next payload is made.</summary>
    public ReadOnlySpan<byte> Dump(Dataset data, EntryView entry)
    {
        _buffer.Clear();
        var type = TypeOf(entry);
        _buffer.Type(type);
        Write(_buffer, type, data, entry);
        Span<byte> footer = stackalloc byte[FooterBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(footer, (ushort)RdbVersion.Of(type));
        _buffer.Bytes(footer[..^ChecksumBytes]);
        BinaryPrimitives.WriteUInt64LittleEndian(footer, Crc64.Of(_buffer.Written));
        _buffer.Bytes(footer[..ChecksumBytes]);
        return _buffer.Written;
    }

    /// <summary>Bytes that a value takes in a file, without its key, as DEBUG OBJECT shows them: Redis leaves out the time in front of a hash with times.</summary>
    public long SerializedLength(Dataset data, EntryView entry)
    {
        var counter = new RdbCounter { Compresses = Compresses };
        var type = RdbValueWriter.TypeOf(entry, RdbVersion.Redis);
        _writer.Write(counter, type, data, entry);
        return counter.Written - (type is RdbType.HashTimes or RdbType.HashListPackTimes ? sizeof(long) : 0);
    }

    /// <summary>Whether a payload is of a version that is understood, and has the right checksum.</summary>
    public bool IsIntact(ReadOnlySpan<byte> payload) =>
        payload.Length >= FooterBytes && RdbVersion.IsKnown(VersionOf(payload))
        && (!ChecksChecksums || Crc64.Of(payload[..^ChecksumBytes]) == BinaryPrimitives.ReadUInt64LittleEndian(payload[^ChecksumBytes..]));

    private static int VersionOf(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt16LittleEndian(payload[^FooterBytes..]);

    // As in Redis, a value that is cut short goes on in the footer: only a checksum of somebody's own makes such a payload intact.

    /// <summary>Gives a key what a payload holds that is intact; false, if that is no value: the key is as it was.</summary>
    public bool TryRestore(ReadOnlySpan<byte> payload, scoped ref KeyEdit key, long expiryMs)
    {
        var input = new RdbReader(payload);
        var outcome = TryBegin(ref input, payload, out var type) ? _reader.Read(ref input, type, VersionOf(payload), ref key, expiryMs) : RdbOutcome.Damaged;
        return End(input, outcome);
    }

    /// <summary>Whether a payload that is intact holds a value.</summary>
    public bool IsValue(ReadOnlySpan<byte> payload)
    {
        var input = new RdbReader(payload);
        var outcome = TryBegin(ref input, payload, out var type) ? _reader.Look(ref input, type, VersionOf(payload)) : RdbOutcome.Damaged;
        return End(input, outcome);
    }

    /// <summary>Reads the type; of Redis 8.6 metadata of modules may stand in front of it.</summary>
    private bool TryBegin(scoped ref RdbReader input, ReadOnlySpan<byte> payload, out byte type)
    {
        _reader.UnknownModules = Settings.UnknownModules;
        _reader.CountsSanitized = Settings.Sanitizing != PayloadSanitizing.Never;
        if (!input.TryByte(out type)) return false;
        if (type != (byte)RdbOpcode.KeyMetadata || VersionOf(payload) >= RdbVersion.Valkey) return true;
        long skipped = 0;
        return RdbModule.TrySkipMetadata(ref input, _metadata, Settings.UnknownModules == UnknownModules.Skip, ref skipped) && input.TryByte(out type);
    }

    private bool End(scoped in RdbReader input, RdbOutcome outcome)
    {
        if (outcome != RdbOutcome.Read) Refused?.Invoke(input.Error ?? "no elements", input.Error is null ? input.Offset : input.ErrorOffset);
        return outcome == RdbOutcome.Read;
    }
}
