namespace Carnelian;

/// <summary>Reads one RDB file, or the beginning of an append-only file that is one, and prints what redis-check-rdb prints of it.</summary>
internal sealed class RdbCheck : IRdbSink, IDisposable
{
    /// <summary>As redis-check-rdb calls them, by <see cref="RdbStep"/>.</summary>
    private static readonly string[] _steps =
        ["start", "read-type", "read-expire", "read-key", "read-object-value", "check-sum", "read-len", "read-aux", "read-module-aux", "read-functions"];

    private readonly ToolConsole _console;
    private readonly RdbFileReader _reader;
    private readonly ScratchValues _values;
    private readonly long _nowMs;
    private string? _key;

    public RdbCheck(ToolConsole console, RdbSource source)
    {
        _console = console;
        _reader = new(source, this) { UnknownModules = UnknownModules.Skip };
        _values = new(console.World.Randomness);
        _nowMs = console.World.Clock.UnixMilliseconds;
    }

    public RdbSummary Summary { get; } = new();

    /// <summary>Where the file is over; what follows belongs to something else.</summary>
    public long EndOffset => _reader.Consumed;

    /// <summary>When the file was begun, seconds since 1970, as it says itself; 0: it does not.</summary>
    public long CreatedSeconds { get; private set; }

    /// <summary>Reads all; false if something is wrong.</summary>
    public bool Run()
    {
        var isWhole = _reader.ReadAll();
        if (_reader.Fault is not (RdbFault.Signature or RdbFault.Version)) Summary.Version = _reader.Version;
        Summary.Bytes = _reader.Consumed;
        Summary.EmptyKeys = _reader.EmptyKeys;
        if (!isWhole) PrintError();
        else Print(_reader.Consumed, "\\o/ RDB looks OK! \\o/");
        PrintCounts();
        return isWhole;
    }

    public void Dispose() => _values.Dispose();

    private void Print(long offset, string text) => _console.PrintLine($"[offset {offset}] {text}");

    private void PrintError()
    {
        _console.PrintLine("--- RDB ERROR DETECTED ---");
        Print(ErrorOffset, _reader.Fault switch
        {
            RdbFault.Signature => "Wrong signature trying to load DB from file",
            RdbFault.Version => $"Can't handle RDB format version {_reader.Version}",
            RdbFault.Type => $"Invalid object type: {_reader.Opcode}",
            RdbFault.Functions => $"Pre-release function format not supported {_reader.Version}",
            RdbFault.Checksum => "RDB CRC error",
            RdbFault.EndsEarly when _reader.Step == RdbStep.Functions => "Failed loading library, Failed loading library payload",
            RdbFault.EndsEarly => "Unexpected EOF reading RDB file",
            _ => $"Internal error in RDB reading offset {_reader.ErrorOffset} -> {_reader.Error}",
        });
        _console.PrintLine($"[additional info] While doing: {_steps[(int)_reader.Step]}");
        if (_key is not null) _console.PrintLine($"[additional info] Reading key '{_key}'");
        // As long as there was no key, redis-check-rdb tells of the type 0.
        var type = _reader.Step is RdbStep.Key or RdbStep.Value ? _reader.Opcode : Summary.Keys == 0 ? 0 : -1;
        if (type >= 0) _console.PrintLine($"[additional info] Reading type {type} ({RdbForms.NameOf(type, _reader.Version)})");
    }

    /// <summary>redis-check-rdb tells where it was when it had read what is wrong.</summary>
    private long ErrorOffset => _reader.ErrorOffset + _reader.Fault switch
    {
        RdbFault.Signature or RdbFault.Version => RdbFileReader.MagicBytes,
        RdbFault.Type or RdbFault.Functions => 1,
        RdbFault.Checksum => sizeof(ulong),
        _ => 0,
    };

    private void PrintCounts()
    {
        _console.PrintLine($"[info] {Summary.Keys} keys read");
        _console.PrintLine($"[info] {Summary.Expiring} expires");
        _console.PrintLine($"[info] {Summary.Over} already expired");
        _console.PrintLine($"[info] {Summary.FieldsExpiring} subexpires");
    }

    public void TakeAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Print(_reader.Offset, $"AUX FIELD {CText(name)} = '{CText(value)}'");
        if (name.SequenceEqual("ctime"u8) && IntegerText.TryParse(value, out var seconds)) CreatedSeconds = seconds;
    }

    private static string CText(ReadOnlySpan<byte> bytes) => ByteText.FromBytes(ByteText.UpToNul(bytes));

    public void TakeFunctions(ReadOnlySpan<byte> library)
    {
        Summary.Libraries++;
        Summary.LibraryBytes += library.Length;
    }

    public void TakeModulePart(string module)
    {
        Summary.ModuleParts++;
        Print(_reader.Offset, $"MODULE AUX for: {module}");
    }

    public void TakeDatabase(long number) => Print(_reader.Offset, $"Selecting DB ID {number}");

    public void TakeSizes(long database, int slot, long keys, long expiring)
    {
    }

    public void TakeChecksum(bool isThere) =>
        Print(_reader.Offset, isThere ? "Checksum OK" : "RDB file was saved with checksum disabled: no check performed.");

    public RdbOutcome TakeKey(scoped ref RdbReader input, scoped in RdbKey key)
    {
        Summary.Keys++;
        var from = input.Offset;
        var outcome = _values.Read(ref input, key, out var facts);
        if (outcome == RdbOutcome.Damaged) _key = CText(key.Name);
        else Summary.Add(key, facts, input.Offset - from, _nowMs);
        return outcome;
    }

    public bool TryPause(scoped ref RdbReader input) => true;
}
