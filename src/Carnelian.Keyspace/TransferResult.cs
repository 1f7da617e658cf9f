namespace Carnelian;

public enum TransferResult
{
    Done,

    /// <summary>There is no such key.</summary>
    Missing,

    /// <summary>Where it should go is a key that must stay.</summary>
    Occupied,
}
