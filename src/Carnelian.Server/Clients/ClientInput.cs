namespace Carnelian;

/// <summary>
/// What a client has sent that could not be run yet: an incomplete request, or requests behind a call that waits. A field of
/// <see cref="Client"/>, so that it costs no object; without memory while requests come whole.
/// <para>
/// A short rest is put in front of the next read, in the buffer that all share. A longer one, or a long argument announced, makes the block the
/// client's own input buffer, which grows with what comes. An argument that can become a value is received into a block of its own, and the
/// request goes on without it.
/// </para>
/// </summary>
internal struct ClientInput
{
    /// <summary>What a read may leave over for the next one to begin with, bytes; more makes an input buffer of its own that grows.</summary>
    public const int SharedTailMax = 16 * 1024;

    /// <summary>An argument is received into its place from its first byte on when it announces no more; others must have begun to come.</summary>
    private const int AnnouncedBytesMax = 4 << 20;

    /// <summary>A client that has sent nothing for longer gives its input buffer back.</summary>
    private const int KeptSeconds = 2;

    /// <summary>A buffer larger than this shrinks to what was needed of late, also while it is in use.</summary>
    private const int ShrinksFrom = 32 * 1024;

    /// <summary>Unused bytes that are worth a move.</summary>
    private const int WasteMin = 4 * 1024;

    /// <summary>Spare bytes behind a long argument: for the tail that LongString adds, or for the short arguments that follow.</summary>
    private const int RequestEndBytes = 1024;

    /// <summary>Arguments from here on get a block of their own when others follow: shorter ones make no values of their blocks.</summary>
    private const int LongArgumentFrom = 64 * 1024 + 1;

    /// <summary>Reads behind a long argument or request are kept short: what they bring of the next one has to be copied into its block.</summary>
    private const int BetweenLongBytes = 4096;

    private OwnedBlock? _block;

    /// <summary>The most that the block held, or was announced to it, since it was last looked at.</summary>
    private long _peak;

    /// <summary>How far the first request of the block has been parsed.</summary>
    private RequestState _state = RequestState.Begin;

    /// <summary>Its arguments so far; null while nothing of it is parsed.</summary>
    private ArgumentList? _arguments;

    /// <summary>The long argument that is being received: <see cref="_state"/> knows its length.</summary>
    private OwnedBlock? _longArgument;
    private int _longArgumentLength;

    /// <summary>Blocks of long arguments received before, bytes.</summary>
    private long _longBytes;

    public ClientInput()
    {
    }

    /// <summary>Bytes that wait in the block. Not 0 while long arguments do: their request begins there.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of long arguments.</summary>
    public readonly long LongBytes => _longBytes + _longArgumentLength;

    /// <summary>Memory of the block, and of long arguments.</summary>
    public readonly long Capacity => (_block?.Length ?? 0) + _longBytes + (_longArgument?.Length ?? 0);

    /// <summary>Bytes of an incomplete request's arguments that have come.</summary>
    public readonly long ArgumentBytes => _arguments?.TotalLength ?? 0;

    public readonly bool HasBlock => _block is not null;

    /// <summary>The bytes that wait; only with <see cref="HasBlock"/>.</summary>
    public readonly Span<byte> Waiting => _block!.Span[..Length];

    /// <summary>Whether the next read goes into <see cref="Room"/>; otherwise it goes into the buffer that all share, behind what waits.</summary>
    /// <param name="isHeld">Nothing is run at present.</param>
    public readonly bool IsOwn(bool isHeld) => isHeld || _block!.Length > SharedTailMax || _longArgument is not null || _longBytes > 0;

    // ---- the shared buffer

    /// <summary>Puts what waits in front of the next read.</summary>
    /// <returns>Its length.</returns>
    public readonly int CopyTo(Span<byte> shared)
    {
        _block?.Span[..Length].CopyTo(shared);
        return Length;
    }

    /// <summary>How much a read of the shared buffer may take, bytes.</summary>
    public int SharedReadBytes { get; private set; } = Server.ReadBytes;

    /// <summary>What waited has been read from elsewhere.</summary>
    public void Forget()
    {
        Length = 0;
        SharedReadBytes = Server.ReadBytes;
    }

    /// <summary>Keeps what a read of the shared buffer has left over.</summary>
    public void Keep(Server server, ReadOnlySpan<byte> rest)
    {
        if (rest.Length > SharedTailMax && BeginsLongArgument)
        {
            BeginLongArgument(server, rest[_state.Position..]);
            rest = rest[.._state.Position];
        }
        var isShort = rest.Length <= SharedTailMax && (_longArgument is not null || _state.BytesWanted is <= SharedTailMax or > AnnouncedBytesMax);
        var wanted = isShort ? SharedTailMax : CapacityFor(rest.Length);
        if (_block is null) _block = new OwnedBlock(server.Allocator, wanted, Purpose.ClientInput);
        else if (_block.Length < wanted) _block.Resize(wanted, 0);
        rest.CopyTo(_block.Span);
        Length = rest.Length;
        _peak = Math.Max(_peak, Math.Max(rest.Length, isShort ? 0 : _state.BytesWanted));
    }

    // ---- the own buffer

    /// <summary>Where the next bytes go. Never empty.</summary>
    public Span<byte> Room()
    {
        if (_longArgument is not null) return _longArgument.Span[_longArgumentLength..(_state.Announced + 2)];
        // Ahead of time only for what was announced: doubling whenever half is used would copy all with each read.
        if (Length == _block!.Length || (_state.BytesWanted > _block.Length && Length > _block.Length / 2)) _block.Resize(CapacityFor(Length), Length);
        var room = _block.Span[Length..];
        // A long last argument ends where its block does, so that the block can become its value.
        if (_state.IsLastArgument && _state.BytesWanted > Length && room.Length > _state.BytesWanted - Length) return room[..(int)(_state.BytesWanted - Length)];
        return _longBytes > 0 && room.Length > BetweenLongBytes ? room[..BetweenLongBytes] : room;
    }

    /// <summary>Bytes have come into <see cref="Room"/>.</summary>
    /// <returns>Whether they are in the block, where there may be something to run now.</returns>
    public bool Add(int bytes)
    {
        if (_longArgument is null)
        {
            Length += bytes;
            _peak = Math.Max(_peak, Length);
            return true;
        }
        _longArgumentLength += bytes;
        if (_longArgumentLength == _state.Announced + 2) EndLongArgument();
        return false;
    }

    /// <summary>So many bytes of the block have been run.</summary>
    public void Take(Server server, int used)
    {
        if (used == Length) Empty(server);
        else if (used > 0)
        {
            _block!.Span[used..Length].CopyTo(_block.Span);
            Length -= used;
        }
        else if (BeginsLongArgument)
        {
            BeginLongArgument(server, _block!.Span[_state.Position..Length]);
            Length = _state.Position;
        }
    }

    /// <summary>
    /// The block is kept for what comes next in pieces, until <see cref="Trim"/> finds that nothing came.
    /// Where it has become a value there is another one, of which nothing is touched: Redis' clients keep one too, and show it in CLIENT LIST.
    /// </summary>
    private void Empty(Server server)
    {
        Length = 0;
        if (_block!.IsGiven) _block = new OwnedBlock(server.Allocator, Server.ReadBytes, Purpose.ClientInput);
    }

    /// <summary>
    /// Room for what has been announced, so that a long value is received into its place. Pages that nothing was received into take no memory,
    /// and a client that has not authenticated can announce little.
    /// </summary>
    private readonly int CapacityFor(int length)
    {
        // Exactly what is wanted only where nothing follows: growing again with each argument would copy those before it as often.
        var isEnd = _state.IsLastArgument && _state.BytesWanted > length;
        var wanted = isEnd ? _state.BytesWanted : Math.Max(BeginsLongArgument ? 0 : _state.BytesWanted, 2L * length);
        return (int)Math.Min(BlockAllocator.UsableSize((nint)Math.Max(wanted, Server.ReadBytes) + RequestEndBytes), int.MaxValue);
    }

    // ---- long arguments that others follow: received into blocks of their own, which can become their values

    private readonly bool BeginsLongArgument =>
        _arguments is not null && _state.Announced is >= LongArgumentFrom and <= AnnouncedBytesMax && !_state.IsLastArgument;

    private void BeginLongArgument(Server server, ReadOnlySpan<byte> arrived)
    {
        _longArgument = new OwnedBlock(server.Allocator, _state.Announced + RequestEndBytes, Purpose.ClientInput);
        arrived.CopyTo(_longArgument.Span);
        _longArgumentLength = arrived.Length;
    }

    private void EndLongArgument()
    {
        _arguments!.Add(_longArgument!, _state.Announced);
        _state.SkipAnnounced();
        _longBytes += _longArgument!.Length;
        _longArgument = null;
        _longArgumentLength = 0;
    }

    // ---- the request whose beginning came earlier

    public readonly bool IsPartial => _arguments is not null;

    /// <summary>Where the request ends, once it is complete.</summary>
    public readonly int End => _state.Position;

    /// <summary>What <see cref="ParseStatus.Error"/> means.</summary>
    public readonly string? Error => _state.Error;

    /// <summary>Remembers how far a batch's incomplete request was parsed.</summary>
    public void BeginPartial(Server server, RequestBatch batch, in RequestState state)
    {
        _state = state;
        _arguments = server.SpareArguments.TryPop(out var spare) ? spare : new();
        _arguments.AddRange(batch.PartialArguments);
    }

    /// <summary>Parses on.</summary>
    public ParseStatus Continue(Span<byte> input, RequestLimits limits, bool authenticated) =>
        RequestParser.Parse(input, ref _state, _arguments!, limits, authenticated);

    public readonly Arguments ArgumentsIn(ReadOnlySpan<byte> input) => new(input, _arguments!.Slice(0, _arguments.Count), _arguments);

    /// <summary>Offers the blocks that end with an argument: a command that stores it may take its block over.</summary>
    public readonly void OfferBlocks(List<OwnedBlock> donors)
    {
        if (_state.Position == Length && _block is not null) donors.Add(_block);
        for (var i = _arguments!.Blocks.Count - 1; i >= 0; i--) donors.Add(_arguments.Blocks[i]);
    }

    /// <summary>The request has been run, or never will be.</summary>
    public void EndPartial(Server server)
    {
        if (_longBytes > 0 || _state.Position >= LongArgumentFrom) SharedReadBytes = BetweenLongBytes;
        _state = RequestState.Begin;
        if (_arguments is not { } list) return;
        list.Clear();
        _longArgument?.Dispose();
        _longArgument = null;
        _longArgumentLength = 0;
        _longBytes = 0;
        server.SpareArguments.Push(list);
        _arguments = null;
    }

    // ---- memory

    /// <summary>Gives back what the block has too much, by Redis' rules (server.c, clientsCronResizeQueryBuffer). About once a second.</summary>
    public void Trim(long nowMs, long lastInteractionMs)
    {
        if (_block is null) return;
        var announced = Length > 0 ? _state.BytesWanted : 0;
        // What long requests have sent so far is not moved: pages that nothing was received into take no memory anyway.
        if (_block.Length - Length > WasteMin && Length <= Server.ReadBytes)
        {
            if (nowMs / 1000 - lastInteractionMs / 1000 > KeptSeconds)
            {
                if (Length == 0) ReleaseBlock();
                else _block.Resize(Length, Length);
            }
            else if (_block.Length > ShrinksFrom && _block.Length / 2 > Math.Max(_peak, announced))
                _block.Resize((int)Math.Max(SharedTailMax, Math.Max(_peak, announced)), Length);
        }
        _peak = Math.Max(Length, announced);
    }

    /// <summary>Gives everything back.</summary>
    public void Release(Server server)
    {
        ReleaseBlock();
        EndPartial(server);
    }

    private void ReleaseBlock()
    {
        _block?.Dispose();
        _block = null;
        Length = 0;
    }
}
