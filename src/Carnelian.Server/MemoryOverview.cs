namespace Carnelian;

/// <summary>
/// What memory is used for at one moment, in bytes and in Redis' terms (object.c, getMemoryOverheadData). "Allocated" is native blocks and the .NET heap;
/// "overhead" all of it that is neither a key nor a value.
/// </summary>
internal sealed class MemoryOverview
{
    private readonly Server _server;

    public MemoryOverview(Server server)
    {
        _server = server;
        var allocator = server.Allocator;
        var managed = server.World.Process.ManagedBytes;
        Allocated = allocator.UsedBytes + managed;
        Peak = Math.Max(Allocated, allocator.PeakUsedBytes + managed);
        Startup = Math.Min(server.StartupBytes, Allocated);
        Clients = allocator.UsedBytesOf(Purpose.ClientInput) + allocator.UsedBytesOf(Purpose.ClientOutput);
        Dataset = allocator.UsedBytesOf(Purpose.Keys) + allocator.UsedBytesOf(Purpose.Values) + allocator.UsedBytesOf(Purpose.Collections);
        Blocks = allocator.UsedBytes;
        Active = allocator.MappedBytes;
        Held = allocator.MappedBytes + allocator.CachedBytes;
        Resident = server.World.Process.ResidentBytes;
        foreach (var database in server.Keyspace.Databases)
        {
            Keys += database.Keys.Count;
            RehashingBytes += database.Keys.RehashingBytes;
            if (database.Keys.IsRehashing) RehashingTables++;
        }
    }

    public long Allocated { get; }

    public long Peak { get; }

    /// <summary>Allocated when the server began to serve.</summary>
    public long Startup { get; }

    public long Clients { get; }

    /// <summary>Keys and values.</summary>
    public long Dataset { get; }

    public long Overhead => Allocated - Dataset;

    public long Keys { get; }

    /// <summary>Tables that are about to be given up.</summary>
    public long RehashingBytes { get; }

    public int RehashingTables { get; }

    /// <summary>Native blocks.</summary>
    public long Blocks { get; }

    /// <summary>Slabs and large blocks in use.</summary>
    public long Active { get; }

    /// <summary>The same and what the allocator keeps for reuse.</summary>
    public long Held { get; }

    /// <summary>Of the process.</summary>
    public long Resident { get; }

    public int ConnectedClients => _server.Clients.Count;

    public static double Ratio(long part, long whole) => (double)part / Math.Max(whole, 1);

    /// <summary>The reply of MEMORY STATS, field by field as Redis has it.</summary>
    public void Write(ref ReplyWriter reply)
    {
        var databases = 0;
        foreach (var database in _server.Keyspace.Databases) databases += database.Keys.Count > 0 ? 1 : 0;
        reply.Map(33 + databases);
        Write(ref reply, "peak.allocated", Peak);
        Write(ref reply, "total.allocated", Allocated);
        Write(ref reply, "startup.allocated", Startup);
        Write(ref reply, "replication.backlog", 0);
        Write(ref reply, "replica.fullsync.buffer", 0);
        Write(ref reply, "clients.slaves", 0);
        Write(ref reply, "clients.normal", Clients);
        Write(ref reply, "cluster.links", 0);
        Write(ref reply, "aof.buffer", 0);
        Write(ref reply, "lua.caches", 0);
        Write(ref reply, "functions.caches", 0);
        Write(ref reply, "script.VMs", 0);
        foreach (var database in _server.Keyspace.Databases) WriteDatabase(ref reply, database);
        Write(ref reply, "overhead.db.hashtable.lut", _server.Allocator.UsedBytesOf(Purpose.Tables));
        Write(ref reply, "overhead.db.hashtable.rehashing", RehashingBytes);
        Write(ref reply, "overhead.total", Overhead);
        Write(ref reply, "db.dict.rehashing.count", RehashingTables);
        Write(ref reply, "keys.count", Keys);
        Write(ref reply, "keys.bytes-per-key", Keys == 0 ? 0 : Dataset / Keys);
        Write(ref reply, "dataset.bytes", Dataset);
        Write(ref reply, "dataset.percentage", 100 * Ratio(Dataset, Allocated - Startup));
        Write(ref reply, "peak.percentage", 100 * Ratio(Allocated, Peak));
        Write(ref reply, "allocator.allocated", Blocks);
        Write(ref reply, "allocator.active", Active);
        Write(ref reply, "allocator.resident", Held);
        Write(ref reply, "allocator.muzzy", 0);
        Write(ref reply, "allocator-fragmentation.ratio", Ratio(Active, Blocks));
        Write(ref reply, "allocator-fragmentation.bytes", Active - Blocks);
        Write(ref reply, "allocator-rss.ratio", Ratio(Held, Active));
        Write(ref reply, "allocator-rss.bytes", Held - Active);
        Write(ref reply, "rss-overhead.ratio", Ratio(Resident, Held));
        Write(ref reply, "rss-overhead.bytes", Resident - Held);
        Write(ref reply, "fragmentation", Ratio(Resident, Allocated));
        Write(ref reply, "fragmentation.bytes", Resident - Allocated);
    }

    /// <summary>Marks of keys that expire are part of the table, but for a count per group of buckets.</summary>
    private static void WriteDatabase(ref ReplyWriter reply, Database database)
    {
        if (database.Keys.Count == 0) return;
        reply.Bulk($"db.{database.Number}");
        reply.Map(2);
        Write(ref reply, "overhead.hashtable.main", database.Keys.BucketBytes);
        Write(ref reply, "overhead.hashtable.expires", database.Keys.ExpiryCountBytes);
    }

    private static void Write(ref ReplyWriter reply, string name, long value)
    {
        reply.Bulk(name);
        reply.Integer(value);
    }

    private static void Write(ref ReplyWriter reply, string name, double value)
    {
        reply.Bulk(name);
        reply.Double(value);
    }
}
