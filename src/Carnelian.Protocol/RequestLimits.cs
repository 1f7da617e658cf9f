namespace Carnelian;

/// <summary>What bounds the size of requests.</summary>
public sealed class RequestLimits
{
    /// <summary>A line (an inline request, a count) may be no longer.</summary>
    public const int LineBytesMax = 64 * 1024;

    public const int UnauthenticatedArgumentsMax = 10, UnauthenticatedBulkBytesMax = 16384;

    /// <summary>proto-max-bulk-len, bytes.</summary>
    public long BulkBytesMax { get; set; } = 512L * 1024 * 1024;
}
