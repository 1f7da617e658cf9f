namespace Carnelian;

/// <summary>A string that a library makes piece by piece: its memory is counted as it grows, and so is the time it takes.</summary>
internal sealed class ChargedBuffer
{
    private const int FirstMax = 4096;

    private readonly LuaMachine _machine;
    private byte[] _bytes;
    private int _length;

    public ChargedBuffer(LuaMachine machine, int capacity = 64)
    {
        _machine = machine;
        capacity = Math.Clamp(capacity, 64, FirstMax);
        machine.Memory.Hold(capacity);
        _bytes = new byte[capacity];
    }

    public int Length => _length;

    public void Add(byte value)
    {
        if (_length == _bytes.Length) Reserve(1);
        _bytes[_length++] = value;
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Room behind what is there; <see cref="Grow"/> says how much of it was used.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _length < count) Enlarge(count);
        return _bytes.AsSpan(_length);
    }

    public void Grow(int count) => _length += count;

    private void Enlarge(int count)
    {
        var needed = _length + (long)count;
        if (needed > Array.MaxLength) throw LuaException.OfMemory();
        var capacity = (int)Math.Min(Math.Max(needed, _bytes.Length * 2L), Array.MaxLength);
        _machine.Spend(_length >> LuaMachine.BytesPerStepShift);
        _machine.Memory.Hold(capacity - _bytes.Length);
        Array.Resize(ref _bytes, capacity);
    }

    /// <summary>Empties it, to be filled again.</summary>
    public void Clear() => _length = 0;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>Its memory is not used any more.</summary>
    public void Release()
    {
        _machine.Memory.Release(_bytes.Length);
        _bytes = [];
        _length = 0;
    }

    /// <summary>What was made, as a string; the buffer is released.</summary>
    public LuaString ToLuaString()
    {
        var bytes = _bytes;
        if (bytes.Length == _length)
        {
            Release();
            return _machine.Strings.Own(bytes);
        }
        var text = _machine.Strings.Get(Span);
        Release();
        return text;
    }
}
