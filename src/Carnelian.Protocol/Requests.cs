using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>Where an argument's bytes lie, counted from the beginning of its request; negative: the complement of the number of its own block.</summary>
public readonly record struct Argument(int Start, int Length);

/// <summary>Arguments of one or several requests; grows, and is used again. Owns the blocks of long arguments that lie apart.</summary>
public sealed class ArgumentList
{
    /// <summary>A list that a huge request has grown beyond this is made small again by <see cref="Clear"/>.</summary>
    private const int KeptCapacity = 1024;

    private readonly List<OwnedBlock> _blocks = [];
    private Argument[] _items = new Argument[64];

    public int Count { get; private set; }

    /// <summary>Bytes of all arguments.</summary>
    public long TotalLength
    {
        get
        {
            long total = 0;
            foreach (var item in _items.AsSpan(0, Count)) total += item.Length;
            return total;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int start, int length)
    {
        var items = _items;
        var count = Count;
        if ((uint)count >= (uint)items.Length) items = Grow();
        items[count] = new(start, length);
        Count = count + 1;
    }

    /// <summary>Long arguments that lie in blocks of their own, from their beginnings on.</summary>
    public IReadOnlyList<OwnedBlock> Blocks => _blocks;

    /// <summary>Takes over a block that begins with the argument.</summary>
    public void Add(OwnedBlock block, int length)
    {
        _blocks.Add(block);
        Add(~(_blocks.Count - 1), length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Argument[] Grow()
    {
        Array.Resize(ref _items, _items.Length * 2);
        return _items;
    }

    public ReadOnlySpan<Argument> Slice(int first, int count) => _items.AsSpan(first, count);

    public void Truncate(int count)
    {
        Check.That(count <= Count);
        Count = count;
    }

    public void Clear()
    {
        Count = 0;
        foreach (var block in _blocks) block.Dispose();
        _blocks.Clear();
        if (_items.Length > KeptCapacity) _items = new Argument[64];
    }

    /// <summary>Appends a part of another list.</summary>
    public void AddRange(ReadOnlySpan<Argument> arguments)
    {
        foreach (var argument in arguments) Add(argument.Start, argument.Length);
    }
}

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

    public ReadOnlySpan<byte> this[int i]
    {
        get
        {
            var item = _items[i];
            return item.Start >= 0 ? _request.Slice(item.Start, item.Length) : _apart!.Blocks[~item.Start].Span[..item.Length];
        }
    }

    /// <summary>From the given argument on.</summary>
    public Arguments Slice(int start) => new(_request, _items[start..], _apart);

    /// <summary>A copy that outlives the call, for requests that wait.</summary>
    public byte[][] Copy()
    {
        var copy = new byte[Count][];
        for (var i = 0; i < copy.Length; i++) copy[i] = this[i].ToArray();
        return copy;
    }
}

/// <summary>What bounds the size of requests.</summary>
public sealed class RequestLimits
{
    /// <summary>A line (an inline request, a count) may be no longer.</summary>
    public const int LineBytesMax = 64 * 1024;

    public const int UnauthenticatedArgumentsMax = 10, UnauthenticatedBulkBytesMax = 16384;

    /// <summary>proto-max-bulk-len, bytes.</summary>
    public long BulkBytesMax { get; set; } = 512L * 1024 * 1024;
}

public enum ParseStatus
{
    /// <summary>A request is complete.</summary>
    Complete,

    /// <summary>Bytes were consumed that hold no request (an empty line, *0).</summary>
    Nothing,

    /// <summary>More bytes are needed; the state tells where to go on.</summary>
    Incomplete,

    /// <summary>The stream can't be understood any more; <see cref="RequestState.Error"/> says why.</summary>
    Error,
}

/// <summary>How far the parsing of one request has come. All positions count from the request's first byte.</summary>
public struct RequestState
{
    /// <summary>Arguments of a multibulk request still to come; 0 before its count was read.</summary>
    internal int Remaining;

    /// <summary>Length of the bulk that was announced, or -1.</summary>
    internal int Bulk;

    /// <summary>Where parsing goes on; after completion, the request's length.</summary>
    public int Position { get; internal set; }

    /// <summary>Redis' text, without "ERR Protocol error: ".</summary>
    public string? Error { get; internal set; }

    /// <summary>How many bytes the request has at least, as far as it was read: what a buffer should have room for.</summary>
    public readonly long BytesWanted => Bulk >= 0 ? (long)Position + Bulk + 2 : Position;

    /// <summary>What was announced is the request's last argument.</summary>
    public readonly bool IsLastArgument => Remaining == 1;

    /// <summary>Bytes of the argument that was announced and whose first is looked for at <see cref="Position"/>; -1: none was.</summary>
    public readonly int Announced => Bulk;

    /// <summary>The argument that was announced has been taken out of the request, with the line end behind it.</summary>
    public void SkipAnnounced()
    {
        Check.That(Bulk >= 0 && Remaining > 1);
        Bulk = -1;
        Remaining--;
    }

    public static RequestState Begin => new() { Bulk = -1 };
}
