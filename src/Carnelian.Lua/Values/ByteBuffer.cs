namespace Carnelian;

/// <summary>Bytes that become a string.</summary>
internal sealed class ByteBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Room behind what is there; <see cref="Grow"/> says how much of it was used.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(Length + count, (int)Math.Min(_bytes.Length * 2L, Array.MaxLength)));
        return _bytes.AsSpan(Length);
    }

    public void Grow(int count) => Length += count;

    public int Capacity => _bytes.Length;

    public void Add(byte value)
    {
        if (Length == _bytes.Length) Reserve(1);
        _bytes[Length++] = value;
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void Add(string text)
    {
        foreach (var letter in text) Add((byte)letter);
    }

    public void Clear() => Length = 0;

    public byte[] ToArray() => _bytes.AsSpan(0, Length).ToArray();
}
