namespace Carnelian;

/// <summary>One numbered database: a table of keys.</summary>
public sealed class Database(int number, TableHost host) : IDisposable
{
    private readonly TableHost _host = host;

    public int Number { get; } = number;

    public KeyTable Keys { get; private set; } = new(host);

    /// <summary>Puts an empty table in place of the keys, which are then the caller's to dispose of.</summary>
    internal KeyTable Detach()
    {
        var keys = Keys;
        Keys = new(_host) { Lru = keys.Lru };
        return keys;
    }

    public void Dispose() => Keys.Dispose();
}
