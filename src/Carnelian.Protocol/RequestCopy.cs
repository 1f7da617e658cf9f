using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A request that outlives the input that it came in: it waits, to be run again or in a transaction. Owns its memory, one block for all that is
/// not long, so that a client that has waited for hours is woken with few looks at cold memory.
/// <code>| argument: start 4, length 4 | … | bytes … |</code>
/// </summary>
public sealed class RequestCopy : IDisposable
{
    /// <summary>Arguments of more bytes get a block each, so that neither the request nor one block has to be of any size.</summary>
    private const int LongArgumentFrom = 64 * 1024 + 1;

    private static readonly int _itemBytes = Unsafe.SizeOf<Argument>();

    private readonly OwnedBlock _block;
    private readonly int _count;

    /// <summary>The blocks of long arguments.</summary>
    private readonly ArgumentList? _long;

    public RequestCopy(Arguments request, BlockAllocator allocator, Purpose purpose)
    {
        _count = request.Count;
        var bytes = _count * _itemBytes;
        for (var i = 0; i < _count; i++) bytes += request[i].Length < LongArgumentFrom ? request[i].Length : 0;
        _block = new(allocator, bytes, purpose);
        var items = Items;
        var at = 0;
        for (var i = 0; i < _count; i++)
        {
            var argument = request[i];
            if (argument.Length < LongArgumentFrom)
            {
                argument.CopyTo(Bytes[at..]);
                items[i] = new(at, argument.Length);
                at += argument.Length;
                continue;
            }
            var block = new OwnedBlock(allocator, argument.Length, purpose);
            argument.CopyTo(block.Span);
            _long ??= new(1);
            _long.Add(block, argument.Length);
            items[i] = _long.Slice(_long.Count - 1, 1)[0];
        }
    }

    private Span<Argument> Items => MemoryMarshal.Cast<byte, Argument>(_block.Span[..(_count * _itemBytes)]);

    private Span<byte> Bytes => _block.Span[(_count * _itemBytes)..];

    /// <summary>Live as long as the copy.</summary>
    public Arguments Arguments => new(Bytes, Items, _long);

    public void Dispose()
    {
        _long?.Clear();
        _block.Dispose();
    }
}
