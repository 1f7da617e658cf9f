namespace Carnelian;

/// <summary>One numbered database: a table of keys.</summary>
public sealed class Database(int number, TableHost host) : IDisposable
{
    /// <summary>A new sample of keys is one part in this many of the average.</summary>
    private const int TtlInertia = 50;

    private readonly TableHost _host = host;

    public int Number { get; } = number;

    public KeyTable Keys { get; private set; } = new(host);

    /// <summary>How long the keys that expire have left, as the active expiry saw them; 0: unknown.</summary>
    public long AverageTtlMs { get; set; }

    internal void NoteTtl(long milliseconds) =>
        AverageTtlMs = AverageTtlMs == 0 ? milliseconds : AverageTtlMs + (milliseconds - AverageTtlMs) / TtlInertia;

    /// <summary>Puts an empty table in place of the keys, which are then the caller's to dispose of.</summary>
    internal KeyTable Detach()
    {
        var keys = Keys;
        Keys = new(_host);
        AverageTtlMs = 0;
        return keys;
    }

    /// <summary>Each gets the other's keys.</summary>
    internal void Swap(Database other)
    {
        (Keys, other.Keys) = (other.Keys, Keys);
        (AverageTtlMs, other.AverageTtlMs) = (other.AverageTtlMs, AverageTtlMs);
    }

    public void Dispose() => Keys.Dispose();
}
