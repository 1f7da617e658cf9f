using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>An RDB file on its way into the keyspace; says in the log what Redis says.</summary>
public sealed class RdbLoad : Load
{
    private readonly World _world;
    private readonly ILogger _log;
    private readonly DiskFile _file;
    private readonly RdbFileSource _source;
    private readonly RdbLoader _loader;
    private readonly RdbFileReader _reader;
    private bool _hasToldAux;

    /// <param name="file">Belongs to the load from now on.</param>
    /// <param name="checks">Whether a wrong checksum is an error.</param>
    public RdbLoad(World world, DiskFile file, RdbLoader loader, ILogger log, bool checks, UnknownModules unknownModules = default)
    {
        (_world, _log, _file, _loader) = (world, log, file, loader);
        _source = new(file) { Sums = checks };
        _reader = new(_source, loader) { ChecksChecksum = checks, UnknownModules = unknownModules };
        TotalBytes = _source.Length;
    }

    /// <summary>What came of it.</summary>
    public RdbLoader Loader => _loader;

    public override long TotalBytes { get; }

    public override long LoadedBytes => _reader.Consumed;

    public override long UsedMemory => AuxNumber("used-mem");

    public override long Count => _loader.KeysLoaded + _loader.KeysExpired;

    public override bool ReadSome(int countMax)
    {
        _reader.ReadSome(countMax);
        if (!_hasToldAux && _reader.Error is null) TellAux();
        if (!_reader.IsOver) return true;
        if (_reader.Error is null) TellDone();
        else TellError();
        return false;
    }

    public override void Dispose() => _file.Dispose();

    private long AuxNumber(string name) =>
        _loader.Aux.TryGetValue(name, out var text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0;

    /// <summary>What the file says of itself stands in front of its keys.</summary>
    private void TellAux()
    {
        _hasToldAux = true;
        foreach (var (name, value) in _loader.Aux)
        {
            if (name.StartsWith('%')) _log.LogInformation("RDB '{Name}': {Value}", name, value);
            else if (name == "redis-ver") _log.LogInformation("Loading RDB produced by version {Version}", value);
            else if (name == "valkey-ver") _log.LogInformation("Loading RDB produced by Valkey version {Version}", value);
            else if (name == "ctime") _log.LogInformation("RDB age {Seconds} seconds", Math.Max(0, _world.Clock.UnixMilliseconds / 1000 - AuxNumber(name)));
            else if (name == "used-mem")
                _log.LogInformation("RDB memory usage when created {Megabytes} Mb", (AuxNumber(name) / (1024.0 * 1024)).ToString("f2", CultureInfo.InvariantCulture));
            else if (name == "aof-base" && AuxNumber(name) != 0) _log.LogInformation("RDB is base AOF");
        }
    }

    private void TellDone()
    {
        if (_reader.EmptyKeys > 0)
        {
            _log.LogInformation("Done loading RDB, keys loaded: {Loaded}, keys expired: {Expired}, empty keys skipped: {Empty}.",
                _loader.KeysLoaded, _loader.KeysExpired, _reader.EmptyKeys);
        }
        else _log.LogInformation("Done loading RDB, keys loaded: {Loaded}, keys expired: {Expired}.", _loader.KeysLoaded, _loader.KeysExpired);
        TellPassedOver(_reader.ModuleKeys, "keys whose module is not known");
        TellPassedOver(_reader.ModuleParts, "parts of modules without a key");
        TellPassedOver(_reader.Metadata, "pieces of metadata that modules keep with keys");
        TellPassedOver(_loader.ProducersSkipped, "idempotent producers of streams");
    }

    private void TellPassedOver(long count, string what)
    {
        if (count > 0) _log.LogWarning("The RDB file had {Count} {What}: they were passed over", count, what);
    }

    private void TellError()
    {
        Error = _source.Failure ?? _reader.Error!;
        if (_reader.Fault == RdbFault.Checksum) _log.LogWarning("RDB CRC error");
        _log.LogWarning("Internal error in RDB reading offset {Offset} -> {Error}", _reader.ErrorOffset, Error);
        // What Redis' file checker says, which Redis runs then.
        _log.LogWarning("--- RDB ERROR DETECTED ---");
        _log.LogWarning("[offset {Offset}] {Error}", _reader.ErrorOffset, Error);
        _log.LogWarning("[info] {Count} keys read", _loader.KeysLoaded + _loader.KeysExpired);
    }
}
