namespace Carnelian;

/// <summary>A file, or several, on their way into the keyspace, a portion at a time. Command thread only.</summary>
public abstract class Load : IDisposable
{
    public abstract long TotalBytes { get; }

    public abstract long LoadedBytes { get; }

    /// <summary>What the keys took in memory where they came from; 0: nobody says.</summary>
    public virtual long UsedMemory => 0;

    /// <summary>Keys, or requests, so far.</summary>
    public abstract long Count { get; }

    /// <summary>What is wrong, once it is over; null: nothing. The log tells more.</summary>
    public string? Error { get; protected set; }

    /// <summary>Reads up to so many keys or requests. False when it is over, by success or by <see cref="Error"/>.</summary>
    public abstract bool ReadSome(int countMax);

    public abstract void Dispose();
}
