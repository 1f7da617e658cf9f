namespace Carnelian;

/// <summary>
/// Where the memory of a server is, bytes: what INFO and MEMORY tell under Redis' names. Native memory is counted by the block and so
/// exact; the .NET heap is counted as of its last collection.
/// </summary>
internal readonly struct MemoryUse
{
    public MemoryUse(Server server)
    {
        var allocator = server.Allocator;
        var statistics = server.Statistics;
        Managed = server.World.Process.ManagedBytes;
        Used = allocator.UsedBytes + Managed;
        NotePeak(server);
        Peak = statistics.PeakMemoryBytes;
        Startup = server.StartupMemoryBytes;
        Dataset = server.Keyspace.DataBytes;
        Clients = server.Clients.MemoryByClass[(int)ClientClass.Normal] + server.Clients.MemoryByClass[(int)ClientClass.PubSub];
        ChangeLog = allocator.UsedBytesOf(Purpose.ChangeLog);
        Allocated = allocator.UsedBytes;
        Active = allocator.MappedBytes;
        AllocatorResident = allocator.MappedBytes + allocator.CachedBytes + allocator.LeavingBytes;
        Resident = server.World.Process.ResidentBytes;
        ResidentSinceStartup = Resident - server.StartupResidentBytes;
        foreach (var database in server.Keyspace.Databases)
        {
            var tables = database.Data.MeasureMemory();
            Keys += database.Data.Count;
            Tables += tables.BucketBytes + tables.ExpiryCountBytes;
            RehashingBytes += tables.RehashingBytes;
            RehashingTables += tables.RehashingTables;
        }
    }

    /// <summary>All that is in use, native and managed.</summary>
    public long Used { get; }

    public long Managed { get; }

    public long Peak { get; }

    public long Startup { get; }

    /// <summary>Keys and values; all else is <see cref="Overhead"/>.</summary>
    public long Dataset { get; }

    public long Overhead => Used - Dataset;

    /// <summary>What the dataset is of all that came since the start, percent.</summary>
    public double DatasetPercent => Used > Startup ? Math.Min(100, Dataset * 100.0 / (Used - Startup)) : Dataset > 0 ? 100 : 0;

    public double PeakPercent => Peak > 0 ? Used * 100.0 / Peak : 0;

    /// <summary>Buckets of all databases; 0 where nothing was since they were flushed.</summary>
    public long Tables { get; }

    /// <summary>Keys in all databases.</summary>
    public long Keys { get; }

    /// <summary>Tables that are about to be given up.</summary>
    public long RehashingBytes { get; }

    public int RehashingTables { get; }

    public long Clients { get; }

    public long ChangeLog { get; }

    /// <summary>In live native blocks.</summary>
    public long Allocated { get; }

    /// <summary>In pages that hold live blocks.</summary>
    public long Active { get; }

    /// <summary>With pages that are kept for new blocks.</summary>
    public long AllocatorResident { get; }

    /// <summary>Of the process, code and stacks and all.</summary>
    public long Resident { get; }

    /// <summary>Without what the program takes before there are clients and keys.</summary>
    public long ResidentSinceStartup { get; }

    /// <summary>How many times as large the whole is as its part.</summary>
    public static double Ratio(long whole, long part) => (double)whole / Math.Max(part, 1);

    public static long Total(Server server) => server.Allocator.UsedBytes + server.World.Process.ManagedBytes;

    /// <summary>
    /// What maxmemory leaves out: buffers that grow because keys are evicted, as each eviction is told to the append-only file and replicas, or a snapshot takes
    /// the key's last value. Evicting for their sake would never end.
    /// </summary>
    public static long NotCountedForEviction(Server server)
    {
        var isTold = server.Keyspace.Changes.Listening != ChangeTargets.None;
        return (isTold ? server.Allocator.UsedBytesOf(Purpose.ChangeLog) : 0) + server.Allocator.UsedBytesOf(Purpose.Snapshot);
    }

    /// <summary>Native memory's own peak is exact; with the managed part it is looked at now and then.</summary>
    public static void NotePeak(Server server) =>
        server.Statistics.PeakMemoryBytes = Math.Max(server.Statistics.PeakMemoryBytes, Math.Max(server.Allocator.PeakUsedBytes, Total(server)));
}
