namespace Carnelian;

/// <summary>A key of a file, without its value.</summary>
public readonly ref struct RdbKey
{
    public required byte Type { get; init; }

    /// <summary>Lives until the key has been taken.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The number of its database.</summary>
    public required long Database { get; init; }

    /// <summary>Of the file.</summary>
    public required int Version { get; init; }

    /// <summary>Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</summary>
    public required long ExpiryMs { get; init; }

    /// <summary>How long it was not used, or -1.</summary>
    public required long IdleSeconds { get; init; }

    /// <summary>How often it was used, or -1.</summary>
    public required int Frequency { get; init; }
}

/// <summary>Takes what <see cref="RdbFileReader"/> reads, in the order of the file, on its thread.</summary>
public interface IRdbSink
{
    /// <summary>Something about the file.</summary>
    void TakeAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>A library of functions, as its source.</summary>
    void TakeFunctions(ReadOnlySpan<byte> library);

    /// <summary>What a module has kept beside the keys, which is passed over.</summary>
    void TakeModulePart(string module)
    {
    }

    /// <summary>The keys of a database follow.</summary>
    void TakeDatabase(long number)
    {
    }

    /// <summary>How many keys a database has, and how many of them expire; or one of its slots.</summary>
    /// <param name="slot">-1: the database.</param>
    void TakeSizes(long database, int slot, long keys, long expiring);

    /// <summary>A key, whose value is to be read now: by <see cref="RdbValueReader.Read"/>, or <see cref="RdbValueReader.Look"/>. What else is wrong with it goes to <see cref="RdbReader.Fail(string)"/>.</summary>
    RdbOutcome TakeKey(scoped ref RdbReader input, scoped in RdbKey key);

    /// <summary>The file is over, and nothing is wrong with its checksum.</summary>
    /// <param name="isThere">False: it was written without one.</param>
    void TakeChecksum(bool isThere)
    {
    }

    /// <summary>Reading pauses or is over: what was taken and kept back is to be done. False if something is wrong with it.</summary>
    bool TryPause(scoped ref RdbReader input);
}
