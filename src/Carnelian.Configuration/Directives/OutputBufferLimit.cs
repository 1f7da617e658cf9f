namespace Carnelian;

/// <summary>What a client of a class may leave unread: at once, or for some seconds; 0 is no limit.</summary>
public readonly record struct OutputBufferLimit(ulong HardBytes, ulong SoftBytes, int SoftSeconds)
{
    /// <summary>False: any amount may wait.</summary>
    public bool IsLimit => HardBytes > 0 || SoftBytes > 0;
}
