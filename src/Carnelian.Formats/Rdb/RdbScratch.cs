namespace Carnelian;

/// <summary>Memory for a string that does not lie in one piece in what is read: compressed, an integer, across chunks, or to be kept while reading goes on.</summary>
public sealed class RdbScratch
{
    private const int FirstBytes = 4096, KeptBytesMax = 1 << 20;

    private byte[] _bytes = new byte[FirstBytes];

    /// <summary>So many bytes with undefined contents, until the next time.</summary>
    public Span<byte> Take(int bytes)
    {
        if (_bytes.Length < bytes) _bytes = new byte[Math.Max(bytes, (int)Math.Min(2L * _bytes.Length, KeptBytesMax))];
        else if (_bytes.Length > KeptBytesMax && bytes <= KeptBytesMax) _bytes = new byte[Math.Max(bytes, FirstBytes)];
        return _bytes.AsSpan(0, bytes);
    }

    /// <summary>As <see cref="Take"/>, with the first bytes that were there.</summary>
    internal Span<byte> Grow(int bytes, int kept)
    {
        if (_bytes.Length < bytes) Array.Resize(ref _bytes, bytes);
        Check.That(kept <= bytes);
        return _bytes.AsSpan(0, bytes);
    }
}
