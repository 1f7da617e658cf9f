namespace Carnelian;

/// <summary>
/// The lane's part of a connection: receives, parses, and sends. Complete requests go to the command thread a batch at a time, one batch per connection
/// under way; it answers which request is the next to run, and what it does not take is kept here.
/// </summary>
internal sealed class Intake
{
    private readonly Lane _lane;
    private readonly Connection _connection;
    private readonly ConnectionSession _session;
    private IntakeBuffer _buffer = new();
    private IntakeState _state;

    /// <summary>Bytes of the stream so far.</summary>
    private long _received;

    /// <summary>A batch is with the command thread: nothing is received or moved meanwhile.</summary>
    private bool _isRunning;

    /// <summary>A block for a long argument has been asked for.</summary>
    private bool _awaitsBlock;

    private bool _ignoresInput, _hasEnded, _isClosed;

    /// <summary>Who hears what comes while a batch is with the command thread.</summary>
    private ConnectionDialog? _listener;

    /// <summary>What may be sent.</summary>
    private OutputCursor _sending;

    public Intake(Lane lane, Connection connection, ConnectionSession session)
    {
        (_lane, _connection, _session) = (lane, connection, session);
        _state = session.IntakeState;
        connection.Owner = this;
        if (!lane.IsInline) lane.ToLane(Begin);
    }

    private void Begin()
    {
        if (!_isClosed) _connection.WatchReadable = true;
    }

    private bool CanRun => (_state & IntakeState.CanRun) != 0 && !_isClosed;

    // ---- receiving

    public void OnReadable()
    {
        if (_isClosed || _hasEnded || _isRunning || _awaitsBlock)
        {
            if (_listener is not null && !_isClosed) Hear(_listener);
            return;
        }
        if (_ignoresInput)
        {
            if (Receive(_lane.ReadBuffer.Span, out _)) Report(0, hasReceived: true);
            return;
        }
        if (!_lane.IsInline || (_buffer.Length > 0 && _buffer.IsOwn(!CanRun))) ReceiveOwn();
        else ReceiveShared();
        if (_lane.IsInline) _session.OnInputRun();
    }

    /// <summary>The usual case: requests are parsed and run in the buffer that all connections share, behind what the last read left of one.</summary>
    private void ReceiveShared()
    {
        var shared = _lane.ReadBuffer;
        var waited = _buffer.CopyTo(shared.Span);
        if (!Receive(shared.Span.Slice(waited, _buffer.SharedReadBytes), out var received)) return;
        var end = waited + received;
        _buffer.Forget();
        Report(end, hasReceived: true);
        var used = Run(shared, end);
        if (_isClosed) return;
        if (used < end && (_state & IntakeState.IsEnding) == 0) Keep(shared.Span[used..end]);
        Report(0);
    }

    /// <summary>Keeps what a read of the shared buffer has left over.</summary>
    private void Keep(ReadOnlySpan<byte> rest)
    {
        var bytes = _buffer.BlockWanted(rest.Length, Taps);
        if (bytes > 0)
        {
            _buffer.BeginLongArgument(new OwnedBlock(_session.Host.Store, bytes, Purpose.ClientInput), rest);
            rest = rest[.._buffer.PartialBytes];
        }
        _buffer.Keep(_lane, rest);
    }

    private void ReceiveOwn()
    {
        var room = _buffer.Room(_lane);
        if (!Receive(room[..Math.Min(room.Length, _lane.InputShare)], out var received)) return;
        var hasMore = _buffer.Add(received);
        Report(0, hasReceived: true);
        if (_buffer.Waiting > _lane.Limits.InputBytesMax) FailOverLimit();
        else if (hasMore) RunOwn();
    }

    /// <summary>False: nothing came, or the connection has ended.</summary>
    private bool Receive(Span<byte> room, out int received)
    {
        received = _connection.Receive(room);
        if (received > 0)
        {
            _lane.Traffic.CountRead(received);
            _received += received;
            return true;
        }
        if (received != Connection.WouldBlock) Fail(received == 0 ? null : _connection.Error);
        return false;
    }

    private void Fail(string? error)
    {
        if (_lane.IsInline) _session.OnPeerGone(error);
        else FailElsewhere(error);
    }

    private void FailElsewhere(string? error) => EndElsewhere(session => session.OnPeerGone(error));

    private void FailOverLimit()
    {
        if (_lane.IsInline) _session.OnInputOverLimit();
        else EndElsewhere(static session => session.OnInputOverLimit());
    }

    /// <summary>Nothing more is received; the command thread is to close the session.</summary>
    private void EndElsewhere(Action<ConnectionSession> tell)
    {
        _hasEnded = true;
        _connection.WatchReadable = _connection.WatchWritable = false;
        TellElsewhere(tell);
    }

    /// <summary>What comes from now on is received and forgotten.</summary>
    public void Ignore()
    {
        if (_lane.IsInline) _session.OnIgnored(IgnoreNow());
        else _lane.ToLane(IgnoreElsewhere);
    }

    private void IgnoreElsewhere()
    {
        if (_isClosed || _hasEnded) return;
        var hasReceived = IgnoreNow();
        _lane.ToCommands(() => _session.OnIgnored(hasReceived));
    }

    private bool IgnoreNow()
    {
        _ignoresInput = true;
        _connection.WatchReadable = true;
        return _connection.Receive(_lane.ReadBuffer.Span) > 0;
    }

    // ---- running

    private bool Taps => (_state & IntakeState.TapsRequests) != 0;

    /// <summary>Runs what waits in the own buffer: after it was received, and when a blocked call is over.</summary>
    private void RunOwn()
    {
        if (!_buffer.HasBlock || !CanRun || _isRunning || _awaitsBlock) return;
        var used = Run(_buffer.Block, _buffer.Length);
        if (!_isRunning) TakeOwn(used);
    }

    private void TakeOwn(int used)
    {
        if (_isClosed) return;
        _buffer.Take((_state & IntakeState.IsEnding) != 0 ? _buffer.Length : used);
        var bytes = _buffer.BlockWanted(_buffer.Length, Taps);
        if (bytes > 0) AskForBlock(bytes);
        Report(0);
    }

    /// <summary>Has the command thread run the requests at the beginning of a block.</summary>
    /// <returns>How many bytes they took, as far as they have run.</returns>
    private int Run(OwnedBlock source, int end)
    {
        var used = 0;
        if (_buffer.IsPartial && CanRun && !RunPartial(source, end, out used)) return used;
        while (used < end && CanRun)
        {
            var batch = _lane.TakeBatch();
            var (isAuthenticated, version) = ((_state & IntakeState.IsAuthenticated) != 0, _lane.Limits.Version);
            var status = batch.Parse(source, used, end, isAuthenticated ? RequestBatch.RequestsMax : 1, _lane.Limits, isAuthenticated, out var state);
            // What stands before a fault may have changed the limits, so it is parsed once more when it is first in line.
            if (batch.Count == 0 && status == ParseStatus.Error) batch.BeginError(source, used, end, state.Error!);
            var isLast = status == ParseStatus.Incomplete;
            if (batch.Count > 0 || batch.Error is not null)
            {
                if (!Submit(batch, end, out var next)) return used;
                used = batch.StartOf(next);
                isLast &= next == batch.Count && (_state & IntakeState.IsAuthenticated) != 0 == isAuthenticated && _lane.Limits.Version == version;
            }
            else used = batch.End;
            if (isLast && used < end && CanRun) _buffer.BeginPartial(_lane, batch, state);
            _lane.Return(batch);
            if (isLast) break;
        }
        return used;
    }

    /// <summary>Goes on with the request whose beginning came earlier. False while it is incomplete or under way.</summary>
    private bool RunPartial(OwnedBlock source, int end, out int used)
    {
        used = 0;
        var status = _buffer.Continue(source.Span[..end], _lane.Limits, (_state & IntakeState.IsAuthenticated) != 0);
        if (status == ParseStatus.Incomplete) return false;
        var batch = _lane.TakeBatch();
        if (status == ParseStatus.Error) batch.BeginError(source, 0, end, _buffer.Error!);
        else if (status == ParseStatus.Complete) batch.BeginSingle(source, 0, _buffer.PartialBytes, _buffer.PartialArguments);
        if (status != ParseStatus.Nothing)
        {
            if (!Submit(batch, end, out var next)) return false;
            EndPartial(batch, next, out used);
        }
        else
        {
            used = _buffer.PartialBytes;
            _buffer.EndPartial(_lane);
        }
        _lane.Return(batch);
        return CanRun;
    }

    private void EndPartial(RequestBatch batch, int next, out int used)
    {
        used = batch.StartOf(next);
        if ((next > 0 || batch.Error is not null) && !_isClosed) _buffer.EndPartial(_lane);
    }

    /// <summary>Hands a batch to the command thread. True: it has run, and this is the next request to run.</summary>
    /// <param name="end">Where in its block the bytes end that have come.</param>
    private bool Submit(RequestBatch batch, int end, out int next)
    {
        batch.StreamOffset = _received - end;
        _isRunning = true;
        next = 0;
        if (_lane.IsInline)
        {
            next = BatchRunner.Run(_session, batch, 0, _lane.Limits);
            _state = _session.IntakeState;
            _isRunning = false;
            if (_isClosed) Release();
            return true;
        }
        SubmitElsewhere(batch);
        return false;
    }

    private void SubmitElsewhere(RequestBatch batch)
    {
        _connection.WatchReadable = false;
        _lane.ToCommands(() =>
        {
            var ran = batch.Count;
            try
            {
                ran = BatchRunner.Run(_session, batch, 0, _lane.Limits);
                _session.OnInputRun();
            }
            finally
            {
                var state = _session.IntakeState;
                _lane.ToLane(() => OnRan(batch, ran, state));
            }
        });
    }

    /// <summary>The command thread's answer.</summary>
    private void OnRan(RequestBatch batch, int next, IntakeState state)
    {
        _isRunning = false;
        _state = state;
        if (_isClosed)
        {
            Release();
            return;
        }
        if (!_hasEnded) _connection.WatchReadable = true;
        var used = batch.StartOf(next);
        if (_buffer.IsPartial) EndPartial(batch, next, out used);
        _lane.Return(batch);
        TakeOwn(used);
        RunOwn();
    }

    /// <summary>The session is not as it was, without having run a request of this connection.</summary>
    public void Tell(IntakeState state)
    {
        if (_lane.IsInline) OnTold(state);
        else ToldElsewhere(state);
    }

    private void ToldElsewhere(IntakeState state) => _lane.ToLane(() => OnTold(state));

    private void OnTold(IntakeState state)
    {
        if (_isClosed) return;
        _state = state;
        // What waits is not run in the midst of another's call: whoever has it wait goes on with it later.
        if (!_lane.IsInline || !_session.Host.Executor.IsWithinCall) RunOwn();
    }

    // ---- talk in the midst of a request

    /// <summary>What comes is said to a dialog, while the batch is under way in which it was opened. Null: the dialog is over.</summary>
    public void Listen(ConnectionDialog? listener) => _lane.ToLane(() =>
    {
        _listener = listener;
        if (!_isClosed) _connection.WatchReadable = listener is not null || _lane.IsInline;
    });

    private void Hear(ConnectionDialog listener)
    {
        var received = _connection.Receive(_lane.ReadBuffer.Span);
        if (received == Connection.WouldBlock) return;
        // The end is found again when requests are read.
        if (received <= 0) _connection.WatchReadable = false;
        else _lane.Traffic.CountRead(received);
        var heard = _lane.ReadBuffer.Span[..Math.Max(0, received)].ToArray();
        _lane.ToCommands(() => listener.OnHeard(heard));
    }

    /// <summary>Sends bytes past all that waits, as many as the peer takes.</summary>
    /// <param name="told">Hears how many, or why none.</param>
    public void SendAside(ReadOnlyMemory<byte> bytes, Action<int> told) => _lane.ToLane(() =>
    {
        // In the midst of a reply nothing can be said.
        var sent = _isClosed ? Connection.Failed : _sending.IsIdle ? _connection.Send(bytes.Span) : Connection.WouldBlock;
        if (sent > 0) _lane.Traffic.CountWrite(sent);
        _lane.ToCommands(() => told(sent));
    });

    // ---- blocks for long arguments

    private void AskForBlock(int bytes)
    {
        if (_lane.IsInline) _buffer.BeginLongArgument(new OwnedBlock(_session.Host.Store, bytes, Purpose.ClientInput));
        else AskElsewhere(bytes);
    }

    private void AskElsewhere(int bytes)
    {
        _awaitsBlock = true;
        _connection.WatchReadable = false;
        _lane.ToCommands(() =>
        {
            if (_session.IsClosed) return;
            var block = new OwnedBlock(_session.Host.Store, bytes, Purpose.ClientInput);
            _lane.ToLane(() => OnBlock(block));
        });
    }

    private void OnBlock(OwnedBlock block)
    {
        _awaitsBlock = false;
        if (_isClosed)
        {
            block.Dispose();
            return;
        }
        _buffer.BeginLongArgument(block);
        if (!_hasEnded) _connection.WatchReadable = true;
        Report(0);
    }

    // ---- sending

    /// <summary>So many bytes more may leave.</summary>
    /// <param name="begin">The chunk in which they begin.</param>
    public void Send(long bytes, OutputChunk begin)
    {
        if (_lane.IsInline) SendMore(bytes, begin);
        else SendElsewhere(bytes, begin);
    }

    private void SendElsewhere(long bytes, OutputChunk begin) => _lane.ToLane(() => SendMore(bytes, begin));

    private void SendMore(long bytes, OutputChunk begin)
    {
        if (_isClosed) return;
        _sending.Add(bytes, begin);
        SendNow();
    }

    public void OnWritable()
    {
        if (!_isClosed && !_hasEnded) SendNow();
    }

    private void SendNow()
    {
        var total = _sending.Send(_connection, _lane.UnsentParts, out var failed);
        if (failed)
        {
            Fail(_connection.Error);
            return;
        }
        _connection.WatchWritable = !_sending.IsIdle;
        if (total > 0) Tell(total);
    }

    private void Tell(long sent)
    {
        _lane.Traffic.CountWrite(sent);
        if (_lane.IsInline) _session.OnSent(sent);
        else SentElsewhere(sent);
    }

    private void SentElsewhere(long sent) => TellElsewhere(session => session.OnSent(sent));

    private void TellElsewhere(Action<ConnectionSession> tell) => _lane.ToCommands(() =>
    {
        if (!_session.IsClosed) tell(_session);
    });

    // ---- memory

    /// <summary>Tells the command thread what waits here.</summary>
    /// <param name="running">Bytes of the shared buffer that are being run.</param>
    private void Report(int running, bool hasReceived = false)
    {
        var waiting = Math.Max(running, _buffer.Unparsed);
        var size = running > _buffer.Length ? _lane.ReadBufferBytes : _buffer.Capacity;
        var counters = new IntakeCounters(waiting, Math.Max(0, size - waiting), _buffer.Capacity, _buffer.ArgumentBytes);
        if (_lane.IsInline) _session.OnIntake(counters, hasReceived);
        else ReportElsewhere(counters, hasReceived);
    }

    private void ReportElsewhere(IntakeCounters counters, bool hasReceived) => TellElsewhere(session => session.OnIntake(counters, hasReceived));

    /// <summary>Gives back what the buffer has too much. About once a second.</summary>
    public void Trim(long nowMs, long lastInteractionMs)
    {
        if (_lane.IsInline) TrimNow(nowMs, lastInteractionMs);
        else TrimElsewhere(nowMs, lastInteractionMs);
    }

    private void TrimElsewhere(long nowMs, long lastInteractionMs) => _lane.ToLane(() => TrimNow(nowMs, lastInteractionMs));

    private void TrimNow(long nowMs, long lastInteractionMs)
    {
        if (_isClosed || _isRunning || _awaitsBlock) return;
        _buffer.Trim(nowMs, lastInteractionMs);
        Report(0);
    }

    public void Close()
    {
        if (_lane.IsInline) CloseNow();
        else _lane.ToLane(CloseNow);
    }

    /// <summary>A batch that is under way keeps its memory until it is back.</summary>
    private void CloseNow()
    {
        _isClosed = true;
        _sending.Clear();
        _connection.Close();
        if (!_isRunning) Release();
        if (_lane.IsInline) _session.OnClosed();
        else _lane.ToCommands(_session.OnClosed);
    }

    private void Release() => _buffer.Release(_lane);
}
