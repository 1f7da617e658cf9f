using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Writes an RDB file, in this order: <see cref="Begin"/>, what the file says of itself, functions, then each database with its keys, and <see cref="End"/>. On whatever thread.
/// </summary>
/// <param name="version">No value needs a later one: see <see cref="RdbFormats.FileVersion"/>.</param>
public sealed class RdbFileWriter(RdbChunks output, int version)
{
    private readonly RdbValueWriter _values = new(new());

    public RdbChunks Output => output;

    /// <summary>Of the file: what values are written for (<see cref="RdbValueWriter.TypeOf(EntryView, int)"/>).</summary>
    public int Version => version;

    public void Begin() => output.Bytes(ByteText.ToBytes(version >= RdbVersion.Valkey ? $"VALKEY{version:d3}" : $"REDIS{version:d4}"));

    /// <summary>Begins with all that stands before the first key.</summary>
    public void Begin(RdbFacts facts)
    {
        Begin();
        UsualAux(facts.Release, facts.UnixSeconds, facts.UsedMemory, facts.IsAppendOnlyBase);
        foreach (var library in facts.Functions) Functions(library);
    }

    public void Aux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        output.Opcode(RdbOpcode.Aux);
        output.String(name);
        output.String(value);
    }

    public void Aux(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> digits = stackalloc byte[IntegerText.LengthMax];
        Aux(name, digits[..IntegerText.Format(value, digits)]);
    }

    /// <summary>What Redis says in front of every file.</summary>
    public void UsualAux(ReadOnlySpan<byte> release, long unixSeconds, long usedMemory, bool isAppendOnlyBase)
    {
        Aux("redis-ver"u8, release);
        Aux("redis-bits"u8, 64);
        Aux("ctime"u8, unixSeconds);
        Aux("used-mem"u8, usedMemory);
        Aux("aof-base"u8, isAppendOnlyBase ? 1 : 0);
    }

    public void Functions(ReadOnlySpan<byte> library)
    {
        output.Opcode(RdbOpcode.Function2);
        output.String(library);
    }

    /// <summary>Begins a database that has keys.</summary>
    public void Database(int number, long keys, long expiring)
    {
        Select(number);
        output.Opcode(RdbOpcode.ResizeDatabase);
        output.Length(keys);
        output.Length(expiring);
    }

    /// <summary>Goes on with a database that was begun before.</summary>
    public void Select(int number)
    {
        output.Opcode(RdbOpcode.SelectDatabase);
        output.Length(number);
    }

    /// <summary>Begins a slot of a cluster that has keys. It is only told whom it does not stop.</summary>
    public void Slot(int slot, long keys, long expiring)
    {
        if (version < RdbVersion.Redis) return;
        output.Opcode(RdbOpcode.SlotInfo);
        output.Length(slot);
        output.Length(keys);
        output.Length(expiring);
    }

    /// <summary>A key that is in use.</summary>
    public void Key(Dataset data, EntryView entry, long idleSeconds = -1, int frequency = -1)
    {
        var type = RdbValueWriter.TypeOf(entry, version);
        if (type == RdbType.Stream2) TellActivity(data.Stream(entry));
        BeginKey(type, entry, idleSeconds, frequency);
        _values.Write(output, type, data, entry);
    }

    /// <summary>In front of a stream that is written as <see cref="RdbType.Stream2"/>: what that leaves out, if it is of importance.</summary>
    public void TellActivity<T>(in T stream) where T : struct, IStreamParts
    {
        if (ConsumerActivity.TryTell(stream, out var text)) Aux(ConsumerActivity.AuxName, text);
    }

    /// <summary>Begins a key; its value is to follow, as <see cref="RdbValueWriter"/> writes it.</summary>
    /// <param name="idleSeconds">Since when it was not used, or -1: with a policy that counts that.</param>
    /// <param name="frequency">How often it was used, or -1.</param>
    public void BeginKey(RdbType type, EntryView entry, long idleSeconds = -1, int frequency = -1)
    {
        Check.That(RdbVersion.Of(type) <= version);
        if (entry.Expires)
        {
            output.Opcode(RdbOpcode.ExpiryMs);
            output.Milliseconds(entry.ExpiryMs);
        }
        if (idleSeconds >= 0)
        {
            output.Opcode(RdbOpcode.Idle);
            output.Length(idleSeconds);
        }
        if (frequency >= 0)
        {
            output.Opcode(RdbOpcode.Frequency);
            output.Byte((byte)frequency);
        }
        output.Type(type);
        output.String(entry.Key);
    }

    public void End()
    {
        output.Opcode(RdbOpcode.End);
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, output.Checksum);
        output.Bytes(checksum);
        output.Flush();
    }
}
