namespace Carnelian;

/// <summary>INFO's section on memory.</summary>
internal static class MemorySection
{
    public static void Write(InfoText text, Server server)
    {
        var use = new MemoryUse(server);
        WriteTotals(text, use, server.World.Process.MachineBytes);
        WriteScripting(text, server.Scripting.Measure());
        text.Size("maxmemory", unchecked((long)server.Options.Keyspace.MaxMemory));
        text.Line("maxmemory_policy", ServerSettings.Text(server, "maxmemory-policy", "noeviction"));
        WriteFragmentation(text, use);
        WriteParts(text, server, use);
    }

    private static void WriteTotals(InfoText text, MemoryUse use, long machineBytes)
    {
        text.Size("used_memory", use.Used);
        text.Size("used_memory_rss", use.Resident);
        text.Size("used_memory_peak", use.Peak);
        text.Line("used_memory_peak_perc", $"{use.PeakPercent:F2}%");
        text.Line("used_memory_overhead", use.Overhead);
        text.Line("used_memory_startup", use.Startup);
        text.Line("used_memory_dataset", use.Dataset);
        text.Line("used_memory_dataset_perc", $"{use.DatasetPercent:F2}%");
        text.Line("allocator_allocated", use.Allocated);
        text.Line("allocator_active", use.Active);
        text.Line("allocator_resident", use.AllocatorResident);
        text.Line("allocator_muzzy", 0);
        text.Size("total_system_memory", machineBytes);
    }

    private static void WriteScripting(InfoText text, ScriptMemory scripts)
    {
        text.Line("used_memory_lua", scripts.EvalMachine);
        text.Line("used_memory_vm_eval", scripts.EvalMachine);
        text.Line("used_memory_lua_human", MemoryText.Human(scripts.EvalMachine));
        text.Line("used_memory_scripts_eval", scripts.Scripts);
        text.Line("number_of_cached_scripts", scripts.ScriptCount);
        text.Line("number_of_functions", scripts.FunctionCount);
        text.Line("number_of_libraries", scripts.LibraryCount);
        text.Line("used_memory_vm_functions", scripts.FunctionMachine);
        text.Size("used_memory_vm_total", scripts.EvalMachine + scripts.FunctionMachine);
        text.Line("used_memory_functions", scripts.Libraries);
        text.Size("used_memory_scripts", scripts.Scripts + scripts.Libraries);
    }

    private static void WriteFragmentation(InfoText text, MemoryUse use)
    {
        Ratio(text, "allocator_frag", use.Active, use.Allocated);
        Ratio(text, "allocator_rss", use.AllocatorResident, use.Active);
        Ratio(text, "rss_overhead", use.Resident, use.AllocatorResident);
        Ratio(text, "mem_fragmentation", use.Resident, use.Used);
    }

    private static void Ratio(InfoText text, string name, long whole, long part)
    {
        text.Line(name + "_ratio", $"{MemoryUse.Ratio(whole, part):F2}");
        text.Line(name + "_bytes", whole - part);
    }

    private static void WriteParts(InfoText text, Server server, MemoryUse use)
    {
        text.Line("mem_not_counted_for_evict", MemoryUse.NotCountedForEviction(server));
        text.Line("mem_replication_backlog", 0);
        text.Line("mem_total_replication_buffers", 0);
        text.Line("mem_replica_full_sync_buffer", 0);
        text.Line("mem_clients_slaves", 0);
        text.Line("mem_clients_normal", use.Clients);
        text.Line("mem_cluster_links", 0);
        text.Line("mem_aof_buffer", use.ChangeLog);
        text.Line("mem_managed", use.Managed);
        text.Line("mem_allocator", "carnelian-slabs");
        text.Line("mem_overhead_db_hashtable_rehashing", use.RehashingBytes);
        text.Line("active_defrag_running", server.Cron.Defragmentation.CyclePercent);
        text.Line("lazyfree_pending_objects", server.Keyspace.LazyFree.PendingObjects);
        text.Line("lazyfreed_objects", server.Keyspace.Statistics.LazilyFreed);
    }
}
