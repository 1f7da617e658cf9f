using System.Text;

namespace Carnelian;

/// <summary>
/// MEMORY DOCTOR: Redis' limits and words (object.c, getMemoryDoctorReport) for what can be wrong here; replicas and scripts come with those.
/// What the runtime takes by itself is no finding.
/// </summary>
internal static class MemoryDoctor
{
    private const long AlmostEmpty = 5 << 20, BytesThatMatter = 10 << 20, ClientBytesMax = 200 << 10;

    public static string Examine(MemoryUse memory, int clients)
    {
        if (memory.Used < AlmostEmpty)
        {
            return "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. "
                + "Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I "
                + "finished rebooting.\n";
        }
        var text = new StringBuilder();
        if (MemoryUse.Ratio(memory.Peak, memory.Used) > 1.5) text.Append(PeakMemory);
        if (IsHigh(memory.ResidentSinceStartup, memory.Used, 1.4)) text.Append(TotalResident);
        if (IsHigh(memory.Active, memory.Allocated, 1.1)) text.Append(Fragmentation);
        if (IsHigh(memory.AllocatorResident, memory.Active, 1.1)) text.Append(AllocatorResident);
        if (IsHigh(memory.ResidentSinceStartup, memory.AllocatorResident, 1.1)) text.Append(ProcessResident);
        if (memory.Clients / Math.Max(clients, 1) > ClientBytesMax) text.Append(ClientBuffers);
        return text.Length == 0
            ? "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"
            : $"Sam, I detected a few issues in this Redis instance memory implants:\n\n{text}I'm here to keep you safe, Sam. I want to help you.\n";
    }

    private static bool IsHigh(long bytes, long of, double ratioMax) => MemoryUse.Ratio(bytes, of) > ratioMax && bytes - of > BytesThatMatter;

    private const string PeakMemory =
        " * Peak memory: In the past this instance used more than 150% the memory that is currently using. The allocator is normally not able to "
        + "release memory after a peak, so you can expect to see a big fragmentation ratio, however this is actually harmless and is only due to the "
        + "memory peak, and if the Redis instance Resident Set Size (RSS) is currently bigger than expected, the memory will be used as soon as you "
        + "fill the Redis instance with more data. If the memory peak was only occasional and you want to try to reclaim memory, please try the "
        + "MEMORY PURGE command, otherwise the only other option is to shutdown and restart the instance.\n\n";

    private const string TotalResident =
        " * High total RSS: This instance has a memory fragmentation and RSS overhead greater than 1.4 (this means that the Resident Set Size of "
        + "the Redis process is much larger than the sum of the logical allocations Redis performed). This problem is usually due either to a large "
        + "peak memory (check if there is a peak memory entry above in the report) or may result from a workload that causes the allocator to "
        + "fragment memory a lot. If the problem is a large peak memory, then there is no issue. Otherwise, MEMORY MALLOC-STATS "
        + "tells what the allocator holds.\n\n";

    private const string Fragmentation =
        " * High allocator fragmentation: This instance has an allocator external fragmentation greater than 1.1. This problem is usually due "
        + "either to a large peak memory (check if there is a peak memory entry above in the report) or may result from a workload that causes the "
        + "allocator to fragment memory a lot. You can try enabling 'activedefrag' config option.\n\n";

    private const string AllocatorResident =
        " * High allocator RSS overhead: This instance has an RSS memory overhead is greater than 1.1 (this means that the Resident Set Size of "
        + "the allocator is much larger than the sum what the allocator actually holds). This problem is usually due to a large peak memory (check "
        + "if there is a peak memory entry above in the report), you can try the MEMORY PURGE command to reclaim it.\n\n";

    private const string ProcessResident =
        " * High process RSS overhead: This instance has non-allocator RSS memory overhead is greater than 1.1 (this means that the Resident Set "
        + "Size of the Redis process is much larger than the RSS the allocator holds). This problem may be due to the .NET heap (see mem_managed in "
        + "INFO).\n\n";

    private const string ClientBuffers =
        " * Big client buffers: The clients output buffers in this instance are greater than 200K per client (on average). This may result from "
        + "different causes, like Pub/Sub clients subscribed to channels bot not receiving data fast enough, so that data piles on the Redis "
        + "instance output buffer, or clients sending commands with large replies or very large sequences of commands in the same pipeline. Please "
        + "use the CLIENT LIST command in order to investigate the issue if it causes problems in your instance, or to understand better why certain "
        + "clients are using a big amount of memory.\n\n";
}
