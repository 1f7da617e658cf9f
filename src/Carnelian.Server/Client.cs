namespace Carnelian;

/// <summary>
/// One connection that speaks RESP. Holds memory only while a request is incomplete or output waits, and for two seconds more: an
/// idle client is this object, its session state and its connection.
/// </summary>
public sealed class Client : Session
{
    /// <summary>What a read may leave over for the next one to begin with; more makes the input a buffer of its own that grows.</summary>
    internal const int SharedTailMax = 16 * 1024;

    /// <summary>
    /// What this object and those that it owns take of the .NET heap, bytes; a test compares. Without the connection, which is the engine's.
    /// </summary>
    internal const int ObjectBytes = 544;

    /// <summary>An argument is received into its place from its first byte on when it announces no more; others must have begun to come.</summary>
    private const int AnnouncedBytesMax = 4 << 20;

    /// <summary>Who has sent nothing for longer gives its input buffer back.</summary>
    private const int InputKeptSeconds = 2;

    /// <summary>A buffer larger than this shrinks to what was needed of late, also while it is in use.</summary>
    private const int InputShrinksFrom = 32 * 1024;

    /// <summary>Less is not worth a move.</summary>
    private const int InputWasteMin = 4 * 1024;

    /// <summary>Room behind a long argument: for what makes a value of its block, or for the short arguments that may follow.</summary>
    private const int RequestEndBytes = 1024;

    /// <summary>Arguments from here on get a block of their own when others follow: shorter ones make no values of their blocks.</summary>
    private const int LongArgumentFrom = 64 * 1024 + 1;

    /// <summary>What is read behind a long argument: the next one's beginning, and little more that would have to be copied to its place.</summary>
    private const int BetweenLongBytes = 4096;

    private readonly Server _server;
    private readonly OutputBuffer _output;
    private readonly OutputGates _gates = new();

    private OwnedBlock? _input;
    private int _inputLength;

    /// <summary>The most that the input buffer held, or was announced to it, since it was last looked at.</summary>
    private long _inputPeak;

    /// <summary>Bytes of the input that is being run; 0 between reads.</summary>
    private int _runningBytes;

    /// <summary>How far the first request of <see cref="_input"/> has been parsed.</summary>
    private RequestState _state = RequestState.Begin;
    private ArgumentList? _partialArguments;

    /// <summary>The long argument that is being received, or was before the request was complete: <see cref="_state"/> knows its length.</summary>
    private OwnedBlock? _longArgument;
    private int _longArgumentLength;
    private long _longBytes;
    private bool _isQueuedForSending;
    private bool _hasFailedProtocol;
    private bool _isQueuedForRelease;
    private long _overSoftLimitSinceMs;
    private bool _hasOutputLimit;
    private ClientModes _modes;

    internal Client(Server server, Connection connection, Listener? listener, long id) : base(server.Keyspace.Databases[0], id)
    {
        _server = server;
        _output = new(server.OutputChunks);
        Connection = connection;
        Listener = listener;
        CreatedMs = LastInteractionMs = server.NowMs;
        connection.Owner = this;
    }

    public Connection Connection { get; }

    public Listener? Listener { get; }

    public long CreatedMs { get; }

    public long LastInteractionMs { get; private set; }

    public ClientClass Class => ClientClass.Normal;

    public ClientType Type => ClientType.Normal;

    public ClientModes Modes => _modes;

    /// <summary>The user in whose name requests run: there is only the default one as yet.</summary>
    public string User => "default";

    public byte[] LibraryName { get; set; } = [];

    public byte[] LibraryVersion { get; set; } = [];

    public Command? LastCommand { get; private set; }

    public bool IsAuthenticated => (ClosedGates & Gates.Authentication) == 0;

    public override string Address => Connection.RemoteAddress;

    public override ReplySink Replies => _output;

    public OutputBuffer Output => _output;

    /// <summary>Bytes received that wait or are being run.</summary>
    public long InputBytes => Math.Max(_runningBytes, _inputLength) + _longBytes + _longArgumentLength;

    /// <summary>What the input buffer has room for beyond that: its own, or while a request runs from it the one that all share.</summary>
    public long InputFree => Math.Max(0, (_runningBytes > _inputLength ? _server.ReadBuffer.Length : InputCapacity) - InputBytes);

    /// <summary>Memory of the input buffer, and of long arguments that have one of their own.</summary>
    public long InputCapacity => (_input?.Length ?? 0) + _longBytes + (_longArgument?.Length ?? 0);

    /// <summary>Arguments of an incomplete request that have come already. They lie in the input buffer.</summary>
    public long ArgumentBytes => _partialArguments?.TotalLength ?? 0;

    /// <summary>All memory that the client takes.</summary>
    public long MemoryBytes => ObjectBytes + InputCapacity + _output.MemoryBytes;

    /// <summary>The most that waited in the output at the end of a turn, since about a second.</summary>
    public long OutputPeak { get; private set; }

    public long CommandsProcessed { get; private set; }

    public long BytesReceived { get; private set; }

    public long BytesSent { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>Will be closed when the turn is over; nothing is sent to it any more.</summary>
    internal bool ClosesSoon { get; set; }

    /// <summary>When a failed stream's client began to be read without effect; 0: it has not.</summary>
    internal long LingersSinceMs { get; private set; }

    /// <summary>Position in the server's list of clients.</summary>
    internal LinkedListNode<Client>? Node { get; set; }

    // ---- input

    public override void Abort(string reason) => _server.Abort(this, reason);

    internal void OnReadable()
    {
        if (_longArgument is not null) ReceiveLongArgument();
        else if (_longBytes > 0 || (_inputLength > 0 && (_input!.Length > SharedTailMax || IsHeld))) ReceiveOwn();
        else ReceiveShared();
        if (IsClosed) return;
        if (_output.Length > OutputChunks.SmallBytes && _server.SendsAtOnce && !_isQueuedForSending) Send();
        else QueueForSending();
    }

    /// <summary>
    /// The usual case: requests are parsed and run in the buffer that all connections share, behind what the last read left of one.
    /// </summary>
    private void ReceiveShared()
    {
        var buffer = _server.ReadBuffer.Span;
        _input?.Span[.._inputLength].CopyTo(buffer);
        var received = Connection.Receive(buffer.Slice(_inputLength, Server.ReadBytes));
        if (!Accept(received)) return;
        var input = buffer[..(_inputLength + received)];
        _inputLength = 0;
        var used = Run(input);
        if (used < input.Length && !IsEnding && !IsClosed) Keep(input[used..]);
    }

    private void ReceiveOwn()
    {
        MakeRoom();
        var room = _input!.Span[_inputLength..];
        // A long last argument ends where its block does, so that the block can become its value.
        if (_state.IsLastArgument && _state.BytesWanted > _inputLength && room.Length > _state.BytesWanted - _inputLength)
            room = room[..(int)(_state.BytesWanted - _inputLength)];
        else if (_longBytes > 0 && room.Length > BetweenLongBytes) room = room[..BetweenLongBytes];
        var received = Connection.Receive(room);
        if (!Accept(received)) return;
        _inputLength += received;
        _inputPeak = Math.Max(_inputPeak, _inputLength);
        if (IsWithinInputLimit()) RunOwn();
    }

    private bool IsWithinInputLimit()
    {
        if (InputBytes <= _server.Options.QueryBufferBytesMax) return true;
        _server.CloseOverQueryBufferLimit(this);
        return false;
    }

    // A long argument that others follow is received into a block of its own, which can become its value, and the request goes on without it.

    private bool BeginsLongArgument => _partialArguments is not null && _state.Announced is >= LongArgumentFrom and <= AnnouncedBytesMax && !_state.IsLastArgument;

    private void BeginLongArgument(ReadOnlySpan<byte> arrived)
    {
        _longArgument = new OwnedBlock(_server.Allocator, _state.Announced + RequestEndBytes, Purpose.ClientInput);
        arrived.CopyTo(_longArgument.Span);
        _longArgumentLength = arrived.Length;
    }

    private void ReceiveLongArgument()
    {
        var end = _state.Announced + 2;
        var received = Connection.Receive(_longArgument!.Span[_longArgumentLength..end]);
        if (!Accept(received)) return;
        _longArgumentLength += received;
        if (!IsWithinInputLimit() || _longArgumentLength < end) return;
        _partialArguments!.Add(_longArgument, _state.Announced);
        _state.SkipAnnounced();
        _longBytes += _longArgument.Length;
        _longArgument = null;
        _longArgumentLength = 0;
    }

    /// <summary>Runs what waits in the own buffer: after it was received, and when a parked call is over.</summary>
    internal void RunOwn()
    {
        if (_input is null || IsHeld) return;
        var used = Run(_input.Span[.._inputLength]);
        if (IsClosed) return;
        var rest = _inputLength - used;
        if (rest == 0 || IsEnding) EmptyInput();
        else if (used > 0)
        {
            _input.Span[used.._inputLength].CopyTo(_input.Span);
            _inputLength = rest;
        }
        else if (BeginsLongArgument)
        {
            BeginLongArgument(_input.Span[_state.Position.._inputLength]);
            _inputLength = _state.Position;
        }
    }

    /// <summary>A call that waited is answered: what came behind it is run.</summary>
    internal void OnResumed()
    {
        if (Has(ClientModes.SkipsReply)) AnswerAll();
        RunOwn();
        if (!IsClosed) QueueForSending();
    }

    private bool Accept(int received)
    {
        if (received > 0)
        {
            BytesReceived += received;
            _server.Statistics.CountRead(received);
            LastInteractionMs = _server.NowMs;
            return true;
        }
        if (received != Connection.WouldBlock) _server.CloseByPeer(this, received);
        return false;
    }

    /// <summary>Runs complete requests; returns how many bytes they took.</summary>
    private int Run(Span<byte> input)
    {
        if (IsHeld) return 0;
        var executor = _server.Executor;
        executor.BeginBatch();
        _runningBytes = input.Length;
        _server.Serving = this;
        // What is to be limited is gathered first, as Redis does: a reply that is over the limit closes the client instead of reaching it.
        _hasOutputLimit = _server.Options.OutputBufferLimits[(int)Class].IsLimit;
        _output.Direct = _server.SendsAtOnce && !_hasOutputLimit ? Connection : null;
        var call = new Call(executor, this, _output);
        try
        {
            return Run(input, ref call);
        }
        catch (Exception) when (_server.Crash.Note(ref call))
        {
            throw;
        }
    }

    private int Run(Span<byte> input, ref Call call)
    {
        var used = 0;
        if (_partialArguments is not null && !RunPartial(input, ref call, out used))
        {
            EndBatch(ref call);
            return 0;
        }
        var batch = _server.Batch;
        while (used < input.Length && !IsHeld && !IsClosed)
        {
            var status = batch.Parse(input, used, IsAuthenticated ? RequestBatch.RequestsMax : 1, _server.RequestLimits, IsAuthenticated, out var state);
            if (batch.Count > 0) used = RunBatch(batch, input, ref call);
            else used = batch.End;
            if (status == ParseStatus.Complete || IsHeld || IsClosed) continue;
            if (status == ParseStatus.Error)
            {
                // What stood before it may have changed the limits, so it is parsed once more when first in line.
                if (batch.Count > 0) continue;
                FailProtocol(state.Error!, input[used..], ref call);
                break;
            }
            if (used < input.Length) KeepState(batch, state);
            break;
        }
        EndBatch(ref call);
        return used;
    }

    private void EndBatch(ref Call call)
    {
        call.Reply.Flush();
        _server.Serving = null;
        _output.Direct = null;
        _runningBytes = 0;
        if (_output.PassedBytes > 0) CountSent(_output.PassedBytes);
        _output.PassedBytes = 0;
        if (_output.IsMuted && _output.IsEmpty) _output.Clear();
    }

    private int RunBatch(RequestBatch batch, Span<byte> input, ref Call call)
    {
        batch.Prepare(input, _server.Executor.Commands, Database);
        for (var i = 0; i < batch.Count; i++)
        {
            batch.Begin(i, input, ref call);
            RunOne(ref call);
            if (IsHeld || IsClosed) return batch.StartOf(i + 1);
        }
        return batch.End;
    }

    private void RunOne(ref Call call)
    {
        LastCommand = call.Command;
        CommandsProcessed++;
        if (Has(ClientModes.SkipsReply)) RunUnanswered(ref call);
        else _server.Executor.Run(ref call);
        if (_server.GatesOutput) Gate(ref call);
        // Not only when the turn is over: until then a pipeline could ask for any amount.
        if (!_hasOutputLimit || _output.MemoryBytes <= OutputChunks.SmallBytes) return;
        call.Reply.Flush();
        CheckOutputLimit();
    }

    private void RunUnanswered(ref Call call)
    {
        // CLIENT REPLY SKIP may set it again.
        _modes &= ~ClientModes.SkipsReply;
        _server.Executor.Run(ref call);
        if (Parked is not null) _modes |= ClientModes.SkipsReply;
        else if (!Has(ClientModes.SkipsReply | ClientModes.RepliesOff)) AnswerAll(ref call);
    }

    private bool Has(ClientModes any) => (_modes & any) != 0;

    /// <summary>CLIENT NO-EVICT.</summary>
    internal bool IsSpared
    {
        get => Has(ClientModes.NoEvict);
        set => _modes = value ? _modes | ClientModes.NoEvict : _modes & ~ClientModes.NoEvict;
    }

    /// <summary>CLIENT REPLY: what was written so far leaves or does not as it was to.</summary>
    internal void Mute(ref Call call, ClientModes mode)
    {
        call.Reply.Flush();
        _modes |= mode;
        _output.IsMuted = true;
    }

    internal void AnswerAll(ref Call call)
    {
        call.Reply.Flush();
        AnswerAll();
    }

    private void AnswerAll()
    {
        _modes &= ~(ClientModes.RepliesOff | ClientModes.SkipsReply);
        _output.IsMuted = false;
    }

    /// <summary>RESET: as if just connected, but for the library's name. One whose reply is to be skipped is not answered itself.</summary>
    internal void ResetModes(ref Call call)
    {
        if (Has(ClientModes.RepliesOff)) AnswerAll(ref call);
        _modes = ClientModes.None;
        LeavesNoTrace = false;
    }

    /// <summary>Goes on with the request whose beginning came earlier. False while it is incomplete.</summary>
    private bool RunPartial(Span<byte> input, ref Call call, out int used)
    {
        used = 0;
        var status = RequestParser.Parse(input, ref _state, _partialArguments!, _server.RequestLimits, IsAuthenticated);
        if (status == ParseStatus.Incomplete) return false;
        if (status == ParseStatus.Error) FailProtocol(_state.Error!, input, ref call);
        else if (status == ParseStatus.Complete)
        {
            var args = new Arguments(input, _partialArguments!.Slice(0, _partialArguments.Count), _partialArguments);
            call.Begin(args, _server.Executor.Commands.Find(args));
            var donors = _server.Keyspace.Host.Donors;
            if (_state.Position == _inputLength && _input is not null) donors.Add(_input);
            for (var i = _partialArguments.Blocks.Count - 1; i >= 0; i--) donors.Add(_partialArguments.Blocks[i]);
            RunOne(ref call);
            donors.Clear();
        }
        used = _state.Position;
        _state = RequestState.Begin;
        ReleasePartial();
        return status != ParseStatus.Error;
    }

    private void ReleasePartial()
    {
        if (_partialArguments is not { } list) return;
        list.Clear();
        _longArgument?.Dispose();
        _longArgument = null;
        _longArgumentLength = 0;
        _longBytes = 0;
        _server.SpareArguments.Push(list);
        _partialArguments = null;
    }

    private void KeepState(RequestBatch batch, in RequestState state)
    {
        _state = state;
        _partialArguments = _server.SpareArguments.TryPop(out var spare) ? spare : new();
        _partialArguments.AddRange(batch.PartialArguments);
    }

    private void FailProtocol(string error, ReadOnlySpan<byte> input, ref Call call)
    {
        call.Fail($"ERR Protocol error: {error}");
        _server.LogProtocolError(this, error, input);
        IsEnding = _hasFailedProtocol = true;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > SharedTailMax && BeginsLongArgument)
        {
            BeginLongArgument(rest[_state.Position..]);
            rest = rest[.._state.Position];
        }
        var isShort = rest.Length <= SharedTailMax && (_longArgument is not null || _state.BytesWanted is <= SharedTailMax or > AnnouncedBytesMax);
        var wanted = isShort ? SharedTailMax : InputCapacityFor(rest.Length);
        if (_input is null) _input = new OwnedBlock(_server.Allocator, wanted, Purpose.ClientInput);
        else if (_input.Length < wanted) _input.Resize(wanted, 0);
        rest.CopyTo(_input.Span);
        _inputLength = rest.Length;
        _inputPeak = Math.Max(_inputPeak, Math.Max(rest.Length, isShort ? 0 : _state.BytesWanted));
    }

    private void MakeRoom()
    {
        var wanted = InputCapacityFor(_inputLength);
        if (_inputLength == _input!.Length || (wanted > _input.Length && _inputLength > _input.Length / 2)) _input.Resize(wanted, _inputLength);
    }

    /// <summary>
    /// Room for what has been announced, so that a long value is received into its place. Pages that nothing was received into take no memory,
    /// and who has not authenticated can announce little.
    /// </summary>
    private int InputCapacityFor(int length)
    {
        // Exactly what is wanted only where nothing follows: growing again with each argument would copy those before it as often.
        var isEnd = _state.IsLastArgument && _state.BytesWanted > length;
        var isApart = BeginsLongArgument;
        var wanted = Math.Max(isEnd ? _state.BytesWanted : Math.Max(isApart ? 0 : _state.BytesWanted, 2L * length), Server.ReadBytes) + RequestEndBytes;
        return (int)Math.Min(BlockAllocator.UsableSize((nint)wanted), int.MaxValue);
    }

    /// <summary>
    /// What the buffer held has been run. It is kept for what comes next in pieces, until <see cref="TrimInput"/> finds that nothing came.
    /// Where it has become a value there is another one, of which nothing is touched: Redis' clients keep one too, and tell it in CLIENT LIST.
    /// </summary>
    private void EmptyInput()
    {
        _inputLength = 0;
        if (_input!.IsGiven) _input = new OwnedBlock(_server.Allocator, Server.ReadBytes, Purpose.ClientInput);
    }

    /// <summary>Gives back what the input buffer has too much, by Redis' rules (server.c, clientsCronResizeQueryBuffer). About once a second.</summary>
    private void TrimInput(long nowMs)
    {
        if (_input is null) return;
        var announced = _inputLength > 0 ? _state.BytesWanted : 0;
        // What long requests have sent so far is not moved: pages that nothing was received into take no memory anyway.
        if (_input.Length - _inputLength > InputWasteMin && _inputLength <= Server.ReadBytes)
        {
            if (nowMs / 1000 - LastInteractionMs / 1000 > InputKeptSeconds)
            {
                if (_inputLength == 0) ReleaseInput();
                else _input.Resize(_inputLength, _inputLength);
            }
            else if (_input.Length > InputShrinksFrom && _input.Length / 2 > Math.Max(_inputPeak, announced))
                _input.Resize((int)Math.Max(SharedTailMax, Math.Max(_inputPeak, announced)), _inputLength);
        }
        _inputPeak = Math.Max(_inputLength, announced);
    }

    private void ReleaseInput()
    {
        _input?.Dispose();
        _input = null;
        _inputLength = 0;
    }

    // ---- output

    /// <summary>A reply to a write waits until the change it tells of is as safe as was asked for.</summary>
    private void Gate(ref Call call)
    {
        call.Reply.Flush();
        _gates.Add(_output.Length, _server.Keyspace.Changes.Offset);
    }

    /// <summary>To be called when something was written outside of a request.</summary>
    internal void QueueForSending()
    {
        if (_isQueuedForSending || (_output.IsEmpty && !IsEnding)) return;
        _isQueuedForSending = true;
        _server.QueueForSending(this);
    }

    /// <summary>At the end of a turn, or when the connection can be written again.</summary>
    internal void Send()
    {
        _isQueuedForSending = false;
        if (IsClosed || ClosesSoon) return;
        OutputPeak = Math.Max(OutputPeak, _output.Length);
        var allowed = _gates.Allowed(_output.Length, _server.ReleasedOffset);
        if (allowed < _output.Length && !_isQueuedForRelease)
        {
            _isQueuedForRelease = true;
            _server.QueueForRelease(this);
        }
        if (allowed > 0)
        {
            var sent = _output.Send(Connection, allowed);
            if (sent == Connection.Failed)
            {
                _server.CloseByPeer(this, Connection.Failed);
                return;
            }
            _gates.Sent(sent);
            CountSent(sent);
            Connection.WatchWritable = sent < allowed;
        }
        if (_output.IsEmpty && IsEnding) CloseOrLinger();
        else CheckOutputLimit();
    }

    private void CountSent(long bytes)
    {
        BytesSent += bytes;
        _server.Statistics.CountWrite(bytes);
        if (bytes != 0) LastInteractionMs = _server.NowMs;
    }

    /// <summary>
    /// Closing while input is on its way resets the connection, and the peer may never see the error that it was just sent. So who is in the midst
    /// of sending is read, and ignored, until it falls silent; <see cref="Server.CloseLingering"/> ends that.
    /// </summary>
    private void CloseOrLinger()
    {
        if (LingersSinceMs > 0) return;
        if (_hasFailedProtocol && Connection.Receive(_server.ReadBuffer.Span) > 0)
        {
            LingersSinceMs = LastInteractionMs = _server.NowMs;
            _server.Linger(this);
        }
        else _server.Close(this);
    }

    /// <summary>The offset for which some of the output waited may have been released.</summary>
    internal void OnReleased()
    {
        _isQueuedForRelease = false;
        if (!IsClosed) QueueForSending();
    }

    /// <summary>Called about once a second, whatever the client does.</summary>
    internal void Check(long nowMs)
    {
        CheckOutputLimit();
        if (IsClosed) return;
        TrimInput(nowMs);
        OutputPeak = _output.Length;
    }

    /// <summary>Also called now and then when nothing happens: who reads nothing at all must not stay for ever.</summary>
    internal void CheckOutputLimit()
    {
        if (_output.IsEmpty) _overSoftLimitSinceMs = 0;
        else _server.CheckOutputLimit(this, ref _overSoftLimitSinceMs);
    }

    /// <summary>Gives everything back; called by the server only.</summary>
    internal void Release()
    {
        IsClosed = true;
        Connection.Close();
        ReleaseInput();
        ReleasePartial();
        _output.Clear();
    }
}
