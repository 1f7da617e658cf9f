namespace Carnelian;

/// <summary>What bounds the size of requests.</summary>
public sealed class RequestLimits
{
    /// <summary>A line (an inline request, a count) may be no longer.</summary>
    public const int LineBytesMax = 64 * 1024;

    public const int UnauthenticatedArgumentsMax = 10, UnauthenticatedBulkBytesMax = 16384;

    /// <summary>proto-max-bulk-len, bytes.</summary>
    public long BulkBytesMax
    {
        get;
        set
        {
            field = value;
            Version++;
        }
    } = 512L * 1024 * 1024;

    /// <summary>Changes with the limits: what was parsed ahead by older ones has to be parsed again.</summary>
    public int Version { get; private set; }

    /// <summary>How much input of one client may wait, bytes: client-query-buffer-limit, or less where no buffer can be that long.</summary>
    public long InputBytesMax { get; set; } = int.MaxValue - 1;
}
