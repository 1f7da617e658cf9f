using System.Buffers.Binary;
using System.Buffers.Text;

namespace Carnelian;

/// <summary>
/// Reads an RDB file of Redis (versions 1 to 13) or Valkey (80) a portion at a time, and hands what it has to a sink. What is wrong with a file is told with its offset; nothing is thrown.
/// <code>| "REDIS" and 4 digits, or "VALKEY" and 3 | (opcode … | type 1 | key | value …) … | 0xff | checksum 8, from version 5 on |</code>
/// </summary>
public sealed class RdbFileReader(RdbSource source, IRdbSink sink)
{
    /// <summary>Bytes that a file begins with: what it is, and its version.</summary>
    public const int MagicBytes = 9;

    private const int ChecksumFrom = 5;

    private readonly RdbScratch _name = new(), _text = new();
    private long _database;
    private long _expiryMs = EntryView.NoExpiry, _idleSeconds = -1;
    private int _frequency = -1;

    /// <summary>Of the file, once the first portion is read.</summary>
    public int Version { get; private set; }

    /// <summary>All is read, or something is wrong.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What is wrong, or null.</summary>
    public string? Error { get; private set; }

    public long ErrorOffset { get; private set; }

    /// <summary>Which kind of thing is wrong.</summary>
    public RdbFault Fault { get; private set; }

    /// <summary>What is being read, or was when something turned out to be wrong.</summary>
    public RdbStep Step { get; private set; }

    /// <summary>What that begins with: an <see cref="RdbOpcode"/>, or a key's <see cref="RdbType"/>.</summary>
    public byte Opcode { get; private set; }

    /// <summary>Behind what the sink is given, unless that is a key.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes read so far, some of the last ones left out.</summary>
    public long Consumed => source.Consumed;

    /// <summary>Keys without elements, which are passed over.</summary>
    public long EmptyKeys { get; private set; }

    /// <summary>Data of modules that belong to no key, which are passed over.</summary>
    public long ModuleParts { get; private set; }

    /// <summary>Keys of modules' types that are not known, which are passed over where <see cref="UnknownModules"/> says so.</summary>
    public long ModuleKeys { get; private set; }

    /// <summary>Classes of metadata that modules keep with keys (Redis 8.6), which are passed over.</summary>
    public long Metadata => _metadata;

    private long _metadata;

    /// <summary>What its module does not want to be lost stops the reading, but for <see cref="UnknownModules.Skip"/>.</summary>
    public UnknownModules UnknownModules { get; init; }

    /// <summary>False: a wrong checksum is as good as a right one.</summary>
    public bool ChecksChecksum { get; init; } = true;

    /// <summary>Reads the whole file; false if something is wrong.</summary>
    public bool ReadAll()
    {
        while (!IsOver) ReadSome(int.MaxValue);
        return Error is null;
    }

    /// <summary>Reads up to so many keys.</summary>
    public void ReadSome(int keysMax)
    {
        if (IsOver) return;
        var input = new RdbReader(source);
        var isRead = Version != 0 || TryMagic(ref input);
        while (isRead && !IsOver && keysMax > 0) isRead = TryNext(ref input, ref keysMax);
        isRead = sink.TryPause(ref input) && isRead;
        IsOver |= !isRead;
        (Error, ErrorOffset) = (input.Error, input.ErrorOffset);
        if (Error is not null && Fault == RdbFault.None) Fault = input.EndsEarly ? RdbFault.EndsEarly : RdbFault.Contents;
        Check.That(isRead || Error is not null);
        input.Pause();
    }

    private bool TryMagic(scoped ref RdbReader input)
    {
        if (!input.TryBytes(MagicBytes, out var magic)) return false;
        var isValkey = magic.StartsWith("VALKEY"u8);
        if (!isValkey && !magic.StartsWith("REDIS"u8)) return Fail(ref input, RdbFault.Signature, "no RDB file: it has another beginning", 0);
        var digits = magic[(isValkey ? 6 : 5)..];
        var isNumber = Utf8Parser.TryParse(digits, out int version, out var used) && used == digits.Length;
        Version = version;
        if (!isNumber || version == 0 || !RdbVersion.IsKnown(version) || isValkey != version >= RdbVersion.Valkey)
            return Fail(ref input, RdbFault.Version, $"an RDB file of a version that cannot be read: {ByteText.FromBytes(magic)}", 0);
        return true;
    }

    private bool Fail(scoped ref RdbReader input, RdbFault fault, string error, long offset)
    {
        Fault = fault;
        return input.Fail(error, offset);
    }

    private bool TryNext(scoped ref RdbReader input, scoped ref int keysMax)
    {
        Step = RdbStep.Type;
        var offset = input.Offset;
        if (!input.TryByte(out var opcode)) return false;
        Opcode = opcode;
        switch ((RdbOpcode)opcode)
        {
            case RdbOpcode.ExpiryMs:
                Step = RdbStep.Expiry;
                return input.TryMilliseconds(out _expiryMs);
            case RdbOpcode.ExpirySeconds:
                Step = RdbStep.Expiry;
                var isRead = input.TrySeconds(out var seconds);
                _expiryMs = seconds * 1000L;
                return isRead;
            case RdbOpcode.Idle:
                isRead = input.TryLength(out var idle);
                _idleSeconds = (long)Math.Min(idle, long.MaxValue);
                return isRead;
            case RdbOpcode.Frequency:
                isRead = input.TryByte(out var frequency);
                _frequency = frequency;
                return isRead;
            case RdbOpcode.SelectDatabase: return TryDatabase(ref input);
            case RdbOpcode.ResizeDatabase:
                Step = RdbStep.Length;
                return TrySizes(ref input, hasSlot: false);
            case RdbOpcode.SlotInfo: return TrySizes(ref input, hasSlot: true);
            case RdbOpcode.Aux: return TryAux(ref input);
            case RdbOpcode.Function2: return TryFunctions(ref input);
            case RdbOpcode.FunctionPreGa: return Fail(ref input, RdbFault.Functions, "functions of a release candidate of Redis 7.0", offset);
            case RdbOpcode.ModuleAux: return TryModulePart(ref input);
            case RdbOpcode.KeyMetadata when Version < RdbVersion.Valkey:
                return RdbModule.TrySkipMetadata(ref input, _text, UnknownModules == UnknownModules.Skip, ref _metadata);
            case RdbOpcode.SlotImport: return TrySkipImport(ref input);
            case RdbOpcode.End: return TryEnd(ref input);
            default:
                keysMax--;
                if (!RdbTypes.IsKnown(opcode)) return Fail(ref input, RdbFault.Type, $"unknown type {opcode} of a value", offset);
                return TryKey(ref input, opcode);
        }
    }

    private bool TryDatabase(scoped ref RdbReader input)
    {
        Step = RdbStep.Length;
        if (!input.TryLength(out ulong database)) return false;
        _database = (long)Math.Min(database, long.MaxValue);
        Offset = input.Offset;
        sink.TakeDatabase(_database);
        return true;
    }

    private bool TryAux(scoped ref RdbReader input)
    {
        Step = RdbStep.Aux;
        if (!input.TryKeptString(_name, out var name) || !input.TryString(_text, out var text)) return false;
        Offset = input.Offset;
        sink.TakeAux(name, text);
        return true;
    }

    private bool TryFunctions(scoped ref RdbReader input)
    {
        Step = RdbStep.Functions;
        if (!input.TryString(_text, out var text)) return false;
        Offset = input.Offset;
        sink.TakeFunctions(text);
        return true;
    }

    /// <summary>What a module has kept beside the keys: it says when it is to be loaded, and is passed over.</summary>
    private bool TryModulePart(scoped ref RdbReader input)
    {
        Step = RdbStep.ModuleAux;
        ModuleParts++;
        if (!input.TryLength(out ulong module) || !input.TryLength(out ulong form) || !input.TryLength(out _)) return false;
        if (form != RdbModule.Unsigned) return input.Fail("a module's part does not say when it is to be loaded");
        Offset = input.Offset;
        sink.TakeModulePart(ModuleName.Of(module));
        return RdbModule.TrySkip(ref input, _text);
    }

    private bool TrySizes(scoped ref RdbReader input, bool hasSlot)
    {
        ulong slot = 0;
        if (hasSlot && !input.TryLength(out slot) || !input.TryLength(out ulong keys) || !input.TryLength(out ulong expiring)) return false;
        sink.TakeSizes(_database, hasSlot ? (int)Math.Min(slot, int.MaxValue) : -1, (long)Math.Min(keys, long.MaxValue), (long)Math.Min(expiring, long.MaxValue));
        return true;
    }

    /// <summary>A job's name and its slots, from one to another each: nobody is about to import them here.</summary>
    private bool TrySkipImport(scoped ref RdbReader input)
    {
        if (!input.TryString(_text, out _) || !input.TryCount(out var ranges, 2)) return false;
        for (; ranges > 0; ranges--)
        {
            if (!input.TryLength(out _) || !input.TryLength(out _)) return false;
        }
        return true;
    }

    private bool TryKey(scoped ref RdbReader input, byte type)
    {
        Step = RdbStep.Key;
        if (!input.TryKeptString(_name, out var name)) return false;
        Step = RdbStep.Value;
        var outcome = sink.TakeKey(ref input, new RdbKey
        {
            Type = type, Name = name, Database = _database, Version = Version, ExpiryMs = _expiryMs, IdleSeconds = _idleSeconds, Frequency = _frequency,
        });
        if (outcome == RdbOutcome.Empty) EmptyKeys++;
        else if (outcome == RdbOutcome.Skipped) ModuleKeys++;
        else if (outcome == RdbOutcome.Damaged)
        {
            input.NameCulprit($" (key '{ByteText.FromBytes(name)}' of database {_database})");
            return false;
        }
        _expiryMs = EntryView.NoExpiry;
        _idleSeconds = _frequency = -1;
        return true;
    }

    private bool TryEnd(scoped ref RdbReader input)
    {
        IsOver = true;
        if (Version < ChecksumFrom) return true;
        Step = RdbStep.Checksum;
        var offset = input.Offset;
        var checksum = input.Checksum;
        if (!input.TryBytes(sizeof(ulong), out var bytes)) return false;
        Offset = input.Offset;
        var told = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        // 0: it was written without one.
        if (told != 0 && told != checksum && ChecksChecksum && source.Sums)
            return Fail(ref input, RdbFault.Checksum, $"wrong checksum {told:x}: the bytes before have {checksum:x}", offset);
        sink.TakeChecksum(isThere: told != 0);
        return true;
    }
}
