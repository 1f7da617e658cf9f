using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>MEMORY MALLOC-STATS: what the allocator holds, by purpose and by size of block.</summary>
internal static class AllocatorReport
{
    public static string Of(BlockAllocator allocator)
    {
        var text = new StringBuilder("___ Begin carnelian-slabs statistics ___\n");
        text.Append(CultureInfo.InvariantCulture, $"Allocated: {allocator.UsedBytes}, active: {allocator.MappedBytes}, cached: {allocator.CachedBytes}, ");
        Line($"peak: {allocator.PeakUsedBytes}, blocks: {allocator.LiveBlocks}");
        text.Append("\nAllocated by purpose:\n");
        foreach (var purpose in Enum.GetValues<Purpose>()) Line($"{purpose,16}: {allocator.UsedBytesOf(purpose)}");
        text.Append("\nSlabs of 64 KiB, by size of their blocks:\n");
        Line($"{"size",8} {"slabs",9} {"blocks",12} {"live",12} {"use",6}");
        foreach (var use in allocator.MeasureClasses())
            if (use.Slabs > 0) Line($"{use.BlockBytes,8} {use.Slabs,9} {use.Blocks,12} {use.Live,12} {(double)use.Live / use.Blocks,6:P0}");
        text.Append("\nLarge blocks, in whole pages:\n");
        Line($"live: {allocator.LargeBlocks}, bytes: {allocator.LargeBytes}");
        return text.Append("--- End carnelian-slabs statistics ---\n").ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
