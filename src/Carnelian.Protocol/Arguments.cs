namespace Carnelian;

/// <summary>The arguments of one request, the first of which is the command's name. Views into the input buffer: they die with the call.</summary>
/// <param name="apart">Has the blocks of the arguments that lie in their own.</param>
public readonly ref struct Arguments(ReadOnlySpan<byte> request, ReadOnlySpan<Argument> items, ArgumentList? apart = null)
{
    private readonly ReadOnlySpan<byte> _request = request;
    private readonly ReadOnlySpan<Argument> _items = items;
    private readonly ArgumentList? _apart = apart;

    public int Count => _items.Length;

    /// <summary>Bytes of all arguments.</summary>
    public long TotalLength
    {
        get
        {
            long total = 0;
            foreach (var item in _items) total += item.Length;
            return total;
        }
    }

    /// <summary>A bound of <see cref="WireLength"/> that costs nothing: what came behind the request counts in, and all is possible where arguments lie apart.</summary>
    public long WireLengthMax => _apart?.Adoptable is null ? _request.Length : long.MaxValue;

    /// <summary>Bytes of the request as RESP.</summary>
    public long WireLength
    {
        get
        {
            long length = Framed(Count);
            foreach (var item in _items) length += Framed(item.Length) + item.Length + 2;
            return length;

            // A type, a number, the line's end.
            static int Framed(int number)
            {
                Span<byte> digits = stackalloc byte[IntegerText.LengthMax];
                return 3 + IntegerText.Format(number, digits);
            }
        }
    }

    public ReadOnlySpan<byte> this[int i]
    {
        get
        {
            var item = _items[i];
            return item.Start >= 0 ? _request.Slice(item.Start, item.Length) : _apart!.Blocks[~item.Start].Span[..item.Length];
        }
    }

    /// <summary>Blocks that begin with an argument each, which a command that stores it may take over; null when there are none.</summary>
    public List<OwnedBlock>? Adoptable => _apart?.Adoptable;

    /// <summary>From the given argument on.</summary>
    public Arguments Slice(int start) => Slice(start, Count - start);

    public Arguments Slice(int start, int count) => new(_request, _items.Slice(start, count), _apart);

    /// <summary>A copy that outlives the call, for requests that wait.</summary>
    public byte[][] Copy()
    {
        var copy = new byte[Count][];
        for (var i = 0; i < copy.Length; i++) copy[i] = this[i].ToArray();
        return copy;
    }
}
