namespace Carnelian;

/// <summary>The arguments of a script's call as a request. Numbers that are integers are written as such, others as the shortest text that reads back as the same number.</summary>
internal sealed class ScriptArguments
{
    private const int UsualBytes = 1024, KeptBytes = 1 << 20;

    private readonly ArgumentList _items = new();
    private byte[] _bytes = new byte[UsualBytes];
    private int _used;
    private long _bytesMax;

    public Arguments Request => new(_bytes.AsSpan(0, _used), _items.Slice(0, _items.Count));

    /// <summary>False if one is neither string nor number.</summary>
    /// <exception cref="LuaException">Together they are longer than memory may be.</exception>
    public bool TryTake(LuaCall lua)
    {
        Clear();
        _bytesMax = Math.Min(lua.Machine.Memory.LimitBytes, Array.MaxLength);
        foreach (ref readonly var value in lua.Arguments())
        {
            if (value.TryGetString(out var text)) Add(text.Span);
            else if (value.TryGetNumber(out var number)) Add(number);
            else return false;
        }
        return true;
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        EnsureRoom(text.Length);
        text.CopyTo(_bytes.AsSpan(_used));
        _items.Add(_used, text.Length);
        _used += text.Length;
    }

    private void Add(double number)
    {
        EnsureRoom(DoubleText.LengthMax);
        var room = _bytes.AsSpan(_used);
        int length;
        if (DoubleText.IsInteger(number, out var integer)) length = IntegerText.Format(integer, room);
        else if (double.IsNaN(number) && double.IsNegative(number))
        {
            "-nan"u8.CopyTo(room);
            length = "-nan"u8.Length;
        }
        else length = DoubleText.FormatShortest(number, room);
        _items.Add(_used, length);
        _used += length;
    }

    private void EnsureRoom(int bytes)
    {
        if (_used + (long)bytes > _bytesMax) throw LuaException.OfMemory();
        if (_bytes.Length - _used < bytes) Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_used + bytes))));
    }

    /// <summary>Forgets the request, and gives up room that was large.</summary>
    public void Clear()
    {
        _items.Clear();
        _used = 0;
        if (_bytes.Length > KeptBytes) _bytes = new byte[UsualBytes];
    }
}
