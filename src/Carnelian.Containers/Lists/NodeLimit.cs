namespace Carnelian;

/// <summary>
/// How large a node of a list becomes, and up to where a list is one packed list: by bytes or by elements, as list-max-listpack-size says.
/// The rules are those of Redis 8.0 (quicklist.c, t_list.c), so that the same changes give the same nodes.
/// </summary>
public readonly struct NodeLimit
{
    /// <summary>Bytes of a node that is limited by elements.</summary>
    private const int CountedBytesMax = 8192;

    /// <summary>What an element is taken to add to a node beyond its text.</summary>
    internal const int OverheadBytes = 8;

    private const int LevelBytes = 4096, LevelMax = 5, ElementsLimitMax = (1 << 15) - 1;

    /// <summary>Of the packed list in a node.</summary>
    public int BytesMax { get; private init; }

    /// <summary><see cref="int.MaxValue"/> where bytes alone are limited.</summary>
    public int ElementsMax { get; private init; }

    /// <summary>Texts from this length on have a node of their own; 0: those longer than a node (DEBUG QUICKLIST-PACKED-THRESHOLD).</summary>
    public int LargeFrom { get; init; }

    private bool IsByElements => ElementsMax != int.MaxValue;

    /// <param name="size">−1 to −5: 4 KiB and doubled for each step; from 1 on: elements. 0 is taken as 1.</param>
    public static NodeLimit Of(int size) => size < 0
        ? OfBytes(LevelBytes << (-Math.Max(size, -LevelMax) - 1))
        : new() { BytesMax = CountedBytesMax, ElementsMax = Math.Clamp(size, 1, ElementsLimitMax) };

    public static NodeLimit OfBytes(int bytesMax) => new() { BytesMax = bytesMax, ElementsMax = int.MaxValue };

    /// <summary>
    /// Whether a packed list that would have so many bytes and elements is too large for a node. A key's packed list becomes a list of nodes before elements are
    /// added for whose texts, in bytes, and number this holds.
    /// </summary>
    public bool IsExceededBy(long bytes, long elements) => bytes > BytesMax || elements > ElementsMax;

    /// <summary>Whether a text of this length has a node of its own.</summary>
    public bool IsLarge(int length) => LargeFrom > 0 ? length >= LargeFrom : length > BytesMax;

    /// <summary>Whether a node's packed list may be the key's value itself: half the limit, when the list has shrunk, so that it does not go to and fro.</summary>
    public bool AllowsPacked(int bytes, int elements, bool hasShrunk = false)
    {
        var part = hasShrunk ? 2 : 1;
        return IsByElements ? elements <= ElementsMax / part : bytes <= BytesMax / part;
    }
}
