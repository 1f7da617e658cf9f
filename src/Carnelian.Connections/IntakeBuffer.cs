namespace Carnelian;

/// <summary>
/// What a connection has sent that could not be run yet: an incomplete request, or requests behind a call that waits. A field of
/// <see cref="Intake"/>, so that it costs no object; without memory while requests come whole.
/// <para>
/// A short rest is put in front of the next read, in the buffer that all share. A longer one makes the block the connection's own input buffer, which
/// grows with what comes. A long argument is received into a block of its own that can become a value, and the request goes on without it.
/// </para>
/// </summary>
internal struct IntakeBuffer
{
    /// <summary>What a read may leave over for the next one to begin with, bytes; more makes an input buffer of its own that grows.</summary>
    public const int SharedTailMax = 16 * 1024;

    /// <summary>An argument of up to so many bytes gets its block at once, a longer one when some of it has come.</summary>
    private const int AnnouncedBytesMax = 4 << 20;

    /// <summary>A connection that has sent nothing for longer gives its input buffer back.</summary>
    private const int KeptSeconds = 2;

    /// <summary>A buffer larger than this shrinks to what was needed of late, also while it is in use.</summary>
    private const int ShrinksFrom = 32 * 1024;

    /// <summary>Unused bytes that are worth a move.</summary>
    private const int WasteMin = 4 * 1024;

    /// <summary>Bytes behind an argument in a block of its own: for the line's end, and for what the store adds to a long value.</summary>
    private const int LongArgumentEndBytes = 64;

    /// <summary>Arguments from here on get a block of their own: shorter ones make no values of their blocks.</summary>
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

    /// <summary>All of its arguments have come.</summary>
    private bool _isComplete;

    /// <summary>The long argument that is being received: <see cref="_state"/> knows its length.</summary>
    private OwnedBlock? _longArgument;
    private int _longArgumentLength;

    /// <summary>Long arguments received before, and their blocks, bytes.</summary>
    private long _longBytes, _longBlockBytes;

    public IntakeBuffer()
    {
    }

    /// <summary>Bytes in the block. Not 0 while long arguments wait: their request begins there.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that wait, long arguments among them.</summary>
    public readonly long Waiting => Length + _longBytes + _longArgumentLength;

    /// <summary>As CLIENT LIST tells it: a long argument that is being received alone, without what was parsed before it.</summary>
    public readonly long Unparsed => _longArgument is null ? Waiting : _longArgumentLength;

    /// <summary>Memory of the block, and of long arguments.</summary>
    public readonly long Capacity => (_block?.Length ?? 0) + _longBlockBytes + (_longArgument?.Length ?? 0);

    /// <summary>Bytes of an incomplete request's arguments that have come.</summary>
    public readonly long ArgumentBytes => _arguments?.TotalLength ?? 0;

    public readonly bool HasBlock => _block is not null;

    public readonly OwnedBlock Block => _block!;

    /// <summary>Whether the next read goes into <see cref="Room"/>; otherwise it goes into the buffer that all share, behind what waits.</summary>
    /// <param name="isHeldUp">Nothing is run at present.</param>
    public readonly bool IsOwn(bool isHeldUp) => isHeldUp || _block!.Length > SharedTailMax || _longArgument is not null || _longBytes > 0;

    // ---- the shared buffer

    /// <summary>Puts what waits in front of the next read.</summary>
    /// <returns>Its length.</returns>
    public readonly int CopyTo(Span<byte> shared)
    {
        _block?.Span[..Length].CopyTo(shared);
        return Length;
    }

    /// <summary>How much a read of the shared buffer may take, bytes.</summary>
    public int SharedReadBytes { get; private set; } = Lane.ReadBytes;

    /// <summary>What waited has been read from elsewhere.</summary>
    public void Forget()
    {
        Length = 0;
        SharedReadBytes = Lane.ReadBytes;
    }

    /// <summary>Keeps what a read of the shared buffer has left over.</summary>
    public void Keep(Lane lane, ReadOnlySpan<byte> rest)
    {
        var isShort = rest.Length <= SharedTailMax && (_longArgument is not null || _state.BytesWanted is <= SharedTailMax or >= LongArgumentFrom);
        var wanted = isShort ? SharedTailMax : CapacityFor(rest.Length);
        if (_block is null) _block = new OwnedBlock(lane.Memory, wanted, Purpose.ClientInput);
        else if (_block.Length < wanted) _block.Resize(wanted, 0);
        rest.CopyTo(_block.Span);
        Length = rest.Length;
        _peak = Math.Max(_peak, Math.Max(rest.Length, isShort ? 0 : _state.BytesWanted));
    }

    // ---- the own buffer

    /// <summary>Where the next bytes go. Never empty.</summary>
    public Span<byte> Room(Lane lane)
    {
        if (_longArgument is not null) return _longArgument.Span[_longArgumentLength..(_state.Announced + 2)];
        _block ??= new OwnedBlock(lane.Memory, SharedTailMax, Purpose.ClientInput);
        // Ahead of time only for what was announced: doubling whenever half is used would copy all with each read.
        if (Length == _block.Length || (_state.BytesWanted > _block.Length && Length > _block.Length / 2)) _block.Resize(CapacityFor(Length), Length);
        var room = _block.Span[Length..];
        return _longBytes > 0 && room.Length > BetweenLongBytes ? room[..BetweenLongBytes] : room;
    }

    /// <summary>Bytes have come into <see cref="Room"/>.</summary>
    /// <returns>Whether there may be something to run now.</returns>
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
        return _isComplete;
    }

    /// <summary>So many bytes of the block have been run.</summary>
    public void Take(int used)
    {
        if (used == 0) return;
        _block!.Span[used..Length].CopyTo(_block.Span);
        Length -= used;
    }

    /// <summary>Room for twice what is there, and for a long argument that is not to have a block of its own.</summary>
    private readonly int CapacityFor(int length) =>
        (int)Math.Min(BlockAllocator.UsableSize((nint)Math.Max(Math.Max(_state.BytesWanted, 2L * length), Lane.ReadBytes)), int.MaxValue);

    // ---- long arguments: received into blocks of their own, which can become their values

    /// <summary>The bytes of the block that the argument announced should get, or 0.</summary>
    /// <param name="length">Bytes that wait, as far as they are not in such blocks.</param>
    /// <param name="keepsWhole">The request is to stay in one piece.</param>
    public readonly int BlockWanted(int length, bool keepsWhole)
    {
        if (_arguments is null || _isComplete || _longArgument is not null || keepsWhole || _state.Announced < LongArgumentFrom) return 0;
        if (_state.Announced > AnnouncedBytesMax && length - _state.Position <= SharedTailMax) return 0;
        return (int)Math.Min(BlockAllocator.UsableSize((nint)_state.Announced + LongArgumentEndBytes), int.MaxValue);
    }

    /// <summary>Begins to receive the argument into its block; what has come of it lies behind the request so far.</summary>
    public void BeginLongArgument(OwnedBlock block, ReadOnlySpan<byte> waiting)
    {
        _longArgument = block;
        var arrived = waiting[_state.Position..];
        arrived.CopyTo(block.Span);
        _longArgumentLength = arrived.Length;
    }

    /// <summary>As <see cref="BeginLongArgument(OwnedBlock, ReadOnlySpan{byte})"/>, of what is in the own buffer.</summary>
    public void BeginLongArgument(OwnedBlock block)
    {
        BeginLongArgument(block, _block!.Span[..Length]);
        Length = _state.Position;
    }

    private void EndLongArgument()
    {
        _arguments!.Add(_longArgument!, _state.Announced);
        _isComplete = _state.IsLastArgument;
        _state.SkipAnnounced();
        _longBytes += _longArgumentLength;
        _longBlockBytes += _longArgument!.Length;
        _longArgument = null;
        _longArgumentLength = 0;
    }

    /// <summary>Puts a long argument that has hardly begun to come back behind its request: who falls silent is to hold no more than was sent.</summary>
    private void UndoLongArgument()
    {
        if (_longArgument is not { } block || _longArgumentLength > SharedTailMax) return;
        var length = Length + _longArgumentLength;
        if (_block!.Length < length) _block.Resize(length, Length);
        block.Span[.._longArgumentLength].CopyTo(_block.Span[Length..]);
        Length = length;
        block.Dispose();
        _longArgument = null;
        _longArgumentLength = 0;
    }

    // ---- the request whose beginning came earlier

    public readonly bool IsPartial => _arguments is not null;

    /// <summary>How many bytes of the block the request has, as far as it was parsed; once it is complete, where it ends.</summary>
    public readonly int PartialBytes => _state.Position;

    public readonly ArgumentList PartialArguments => _arguments!;

    /// <summary>What <see cref="ParseStatus.Error"/> means.</summary>
    public readonly string? Error => _state.Error;

    /// <summary>Remembers how far a batch's incomplete request was parsed.</summary>
    public void BeginPartial(Lane lane, RequestBatch batch, in RequestState state)
    {
        _state = state;
        _arguments = lane.TakeArguments();
        _arguments.AddRange(batch.PartialArguments);
    }

    /// <summary>Parses on.</summary>
    public ParseStatus Continue(Span<byte> input, RequestLimits limits, bool authenticated)
    {
        if (_isComplete) return ParseStatus.Complete;
        if (_longArgument is not null) return ParseStatus.Incomplete;
        var status = RequestParser.Parse(input, ref _state, _arguments!, limits, authenticated);
        _isComplete = status == ParseStatus.Complete;
        return status;
    }

    /// <summary>The request has been run, or never will be.</summary>
    public void EndPartial(Lane lane)
    {
        if (_longBytes > 0 || _state.Position >= LongArgumentFrom) SharedReadBytes = BetweenLongBytes;
        _state = RequestState.Begin;
        _isComplete = false;
        if (_arguments is not { } list) return;
        _longArgument?.Dispose();
        _longArgument = null;
        _longArgumentLength = 0;
        _longBytes = _longBlockBytes = 0;
        lane.Return(list);
        _arguments = null;
    }

    // ---- memory

    /// <summary>Gives back what the block has too much, by Redis' rules (server.c, clientsCronResizeQueryBuffer). About once a second.</summary>
    public void Trim(long nowMs, long lastInteractionMs)
    {
        if (_block is null) return;
        var isSilent = nowMs / 1000 - lastInteractionMs / 1000 > KeptSeconds;
        if (isSilent) UndoLongArgument();
        var announced = Length > 0 && _longArgument is null ? _state.BytesWanted : 0;
        // What long requests have sent so far is not moved: pages that nothing was received into take no memory anyway.
        if (_block.Length - Length > WasteMin && Length <= Lane.ReadBytes)
        {
            if (isSilent)
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
    public void Release(Lane lane)
    {
        ReleaseBlock();
        EndPartial(lane);
    }

    private void ReleaseBlock()
    {
        _block?.Dispose();
        _block = null;
        Length = 0;
    }
}
