namespace Carnelian;

/// <summary>
/// Where three bytes with a hash were met last: 256 KiB, which <see cref="Lzf"/> would otherwise have to make and clear for each input. Positions are counted on from input
/// to input, so that those of earlier ones lie before the present one's start. The start itself stands for nowhere: nothing refers to an input's first byte.
/// </summary>
public sealed class LzfTable
{
    private readonly int[] _seen = new int[1 << Lzf.HashBits];
    private int _end;

    internal int[] Begin(int length, out int start)
    {
        if (_end > int.MaxValue - length)
        {
            Array.Clear(_seen);
            _end = 0;
        }
        start = _end;
        _end += length;
        return _seen;
    }
}
