namespace Carnelian;

public enum TransferResult
{
    Done,

    /// <summary>There is no such key.</summary>
    Missing,

    /// <summary>The target exists and must not be replaced.</summary>
    Occupied,
}
