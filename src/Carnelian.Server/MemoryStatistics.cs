namespace Carnelian;

/// <summary>MEMORY STATS: what memory is used for, in bytes and in Redis' terms (object.c, getMemoryOverheadData).</summary>
internal static class MemoryStatistics
{
    /// <summary>Tables that are about to be given up.</summary>
    public static long RehashingBytes(Server server)
    {
        long bytes = 0;
        foreach (var database in server.Keyspace.Databases) bytes += database.Keys.RehashingBytes;
        return bytes;
    }

    public static double Ratio(long bytes, long of) => (double)bytes / Math.Max(of, 1);

    /// <summary>The reply of MEMORY STATS, field by field as Redis has it.</summary>
    public static void Write(ref ReplyWriter reply, Server server)
    {
        var use = new MemoryUse(server);
        long keys = 0;
        var rehashing = 0;
        var databases = 0;
        foreach (var database in server.Keyspace.Databases)
        {
            keys += database.Keys.Count;
            databases += database.Keys.Count > 0 ? 1 : 0;
            rehashing += database.Keys.IsRehashing ? 1 : 0;
        }
        reply.Map(33 + databases);
        Write(ref reply, "peak.allocated", use.Peak);
        Write(ref reply, "total.allocated", use.Used);
        Write(ref reply, "startup.allocated", use.Startup);
        Write(ref reply, "replication.backlog", 0);
        Write(ref reply, "replica.fullsync.buffer", 0);
        Write(ref reply, "clients.slaves", 0);
        Write(ref reply, "clients.normal", use.Clients);
        Write(ref reply, "cluster.links", 0);
        Write(ref reply, "aof.buffer", use.ChangeLog);
        Write(ref reply, "lua.caches", 0);
        Write(ref reply, "functions.caches", 0);
        Write(ref reply, "script.VMs", 0);
        foreach (var database in server.Keyspace.Databases) WriteDatabase(ref reply, database);
        Write(ref reply, "overhead.db.hashtable.lut", use.Tables);
        Write(ref reply, "overhead.db.hashtable.rehashing", RehashingBytes(server));
        Write(ref reply, "overhead.total", use.Overhead);
        Write(ref reply, "db.dict.rehashing.count", rehashing);
        Write(ref reply, "keys.count", keys);
        Write(ref reply, "keys.bytes-per-key", keys == 0 ? 0 : use.Dataset / keys);
        Write(ref reply, "dataset.bytes", use.Dataset);
        Write(ref reply, "dataset.percentage", use.DatasetPercent);
        Write(ref reply, "peak.percentage", use.PeakPercent);
        Write(ref reply, "allocator.allocated", use.Allocated);
        Write(ref reply, "allocator.active", use.Active);
        Write(ref reply, "allocator.resident", use.AllocatorResident);
        Write(ref reply, "allocator.muzzy", 0);
        Write(ref reply, "allocator-fragmentation.ratio", Ratio(use.Active, use.Allocated));
        Write(ref reply, "allocator-fragmentation.bytes", use.Active - use.Allocated);
        Write(ref reply, "allocator-rss.ratio", Ratio(use.AllocatorResident, use.Active));
        Write(ref reply, "allocator-rss.bytes", use.AllocatorResident - use.Active);
        Write(ref reply, "rss-overhead.ratio", Ratio(use.Resident, use.AllocatorResident));
        Write(ref reply, "rss-overhead.bytes", use.Resident - use.AllocatorResident);
        Write(ref reply, "fragmentation", Ratio(use.Resident, use.Used));
        Write(ref reply, "fragmentation.bytes", use.Resident - use.Used);
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
