namespace Carnelian;

/// <summary>MEMORY STATS: <see cref="MemoryUse"/> in Redis' terms (object.c, getMemoryOverheadData).</summary>
internal static class MemoryReport
{
    /// <summary>The reply of MEMORY STATS, field by field as Redis has it.</summary>
    public static void Write(ref ReplyWriter reply, Server server)
    {
        var use = new MemoryUse(server);
        var databases = 0;
        foreach (var database in server.Keyspace.Databases) databases += IsTold(database) ? 1 : 0;
        reply.Map(33 + databases);
        Write(ref reply, "peak.allocated", use.Peak);
        Write(ref reply, "total.allocated", use.Used);
        Write(ref reply, "startup.allocated", use.Startup);
        Write(ref reply, "replication.backlog", 0);
        Write(ref reply, "replica.fullsync.buffer", 0);
        Write(ref reply, "clients.slaves", 0);
        Write(ref reply, "clients.normal", use.Clients);
        Write(ref reply, "cluster.links", 0);
        Write(ref reply, "aof.buffer", 0);
        var scripts = server.Scripting.Measure();
        Write(ref reply, "lua.caches", scripts.Scripts);
        Write(ref reply, "functions.caches", scripts.Libraries);
        Write(ref reply, "script.VMs", scripts.EvalMachine + scripts.FunctionMachine);
        foreach (var database in server.Keyspace.Databases) WriteDatabase(ref reply, database);
        Write(ref reply, "overhead.db.hashtable.lut", use.Tables);
        Write(ref reply, "overhead.db.hashtable.rehashing", use.RehashingBytes);
        Write(ref reply, "overhead.total", use.Overhead);
        Write(ref reply, "db.dict.rehashing.count", use.RehashingTables);
        Write(ref reply, "keys.count", use.Keys);
        Write(ref reply, "keys.bytes-per-key", use.Keys == 0 ? 0 : use.Dataset / use.Keys);
        Write(ref reply, "dataset.bytes", use.Dataset);
        Write(ref reply, "dataset.percentage", use.DatasetPercent);
        Write(ref reply, "peak.percentage", use.PeakPercent);
        Write(ref reply, "allocator.allocated", use.Allocated);
        Write(ref reply, "allocator.active", use.Active);
        Write(ref reply, "allocator.resident", use.AllocatorResident);
        Write(ref reply, "allocator.muzzy", 0);
        Write(ref reply, "allocator-fragmentation.ratio", MemoryUse.Ratio(use.Active, use.Allocated));
        Write(ref reply, "allocator-fragmentation.bytes", use.Active - use.Allocated);
        Write(ref reply, "allocator-rss.ratio", MemoryUse.Ratio(use.AllocatorResident, use.Active));
        Write(ref reply, "allocator-rss.bytes", use.AllocatorResident - use.Active);
        Write(ref reply, "rss-overhead.ratio", MemoryUse.Ratio(use.Resident, use.AllocatorResident));
        Write(ref reply, "rss-overhead.bytes", use.Resident - use.AllocatorResident);
        Write(ref reply, "fragmentation", MemoryUse.Ratio(use.Resident, use.Used));
        Write(ref reply, "fragmentation.bytes", use.Resident - use.Used);
    }

    /// <summary>One that is empty but was not flushed has its table still.</summary>
    private static bool IsTold(Database database) => !database.Data.IsUntouched;

    /// <summary>Marks of keys that expire are part of the table, but for a count per group of buckets.</summary>
    private static void WriteDatabase(ref ReplyWriter reply, Database database)
    {
        if (!IsTold(database)) return;
        reply.Bulk($"db.{database.Number}");
        reply.Map(2);
        var memory = database.Data.MeasureMemory();
        Write(ref reply, "overhead.hashtable.main", memory.BucketBytes);
        Write(ref reply, "overhead.hashtable.expires", memory.ExpiryCountBytes);
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
