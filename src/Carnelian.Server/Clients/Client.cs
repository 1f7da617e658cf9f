namespace Carnelian;

/// <summary>
/// One connection that speaks RESP. Holds memory only while a request is incomplete or output waits, and for two seconds more: an
/// idle client is this object, its session state and its connection.
/// </summary>
public sealed class Client : Session
{
    /// <summary>This object and those that it owns, in bytes of the .NET heap, without the connection, which is the engine's. A test compares.</summary>
    internal const int ObjectBytes = 536;

    /// <summary>Redis' bound, for output beyond the first chunk (REPLY_BUFFER_SIZE_UNAUTHENTICATED_CLIENT).</summary>
    private const ulong UnauthenticatedOutputBytesMax = 1024;

    private readonly Server _server;
    private readonly OutputBuffer _output;
    private readonly OutputGates _gates = new();

    private ClientInput _input = new();

    /// <summary>Bytes of the input that is being run; 0 between reads.</summary>
    private int _runningBytes;

    private bool _isQueuedForSending;
    private bool _hasFailedProtocol;
    private bool _isQueuedForRelease;
    private OutputLimitWatch _limitWatch;
    private bool _hasOutputLimit;
    private ClientModes _modes;

    internal Client(Server server, Connection connection, Listener? listener, long id) : base(server.Keyspace.Databases[0], id)
    {
        _server = server;
        _output = new(server.OutputChunks);
        Connection = connection;
        Listener = listener;
        CreatedMs = LastInteractionMs = server.MonotonicMs;
        connection.Owner = this;
    }

    public Connection Connection { get; }

    public Listener? Listener { get; }

    /// <summary>Milliseconds of the monotonic clock, as all that spans are reckoned from.</summary>
    public long CreatedMs { get; }

    /// <summary>When bytes were last received or sent, milliseconds of the monotonic clock.</summary>
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

    /// <summary>What may wait for the client. Who has not authenticated must not fill the memory with refusals that it does not read.</summary>
    internal OutputBufferLimit OutputLimit => IsAuthenticated ? _server.Options.OutputBufferLimits[(int)Class] : new(UnauthenticatedOutputBytesMax + 1, 0, 0);

    public override string Address => Connection.RemoteAddress;

    public override ReplySink Replies => _output;

    public OutputBuffer Output => _output;

    /// <summary>Bytes received that wait or are being run.</summary>
    public long InputBytes => Math.Max(_runningBytes, _input.Length) + _input.LongBytes;

    /// <summary>Unused bytes of the input buffer: its own, or while a request runs from it the one that all share.</summary>
    public long InputFree => Math.Max(0, (_runningBytes > _input.Length ? _server.ReadBuffer.Length : InputCapacity) - InputBytes);

    /// <summary>Memory of the input buffer, and of long arguments that have one of their own.</summary>
    public long InputCapacity => _input.Capacity;

    /// <summary>Arguments of an incomplete request that have come already. They lie in the input buffer.</summary>
    public long ArgumentBytes => _input.ArgumentBytes;

    /// <summary>All memory that the client takes.</summary>
    public long MemoryBytes => ObjectBytes + InputCapacity + _output.MemoryBytes;

    /// <summary>The most that waited in the output at the end of a turn, since about a second.</summary>
    public long OutputPeak { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>The client is closed at the end of the turn, and nothing is sent to it any more.</summary>
    internal bool ClosesSoon { get; set; }

    /// <summary>Since when the client is read without effect, its stream having failed: milliseconds of the monotonic clock, or 0.</summary>
    internal long LingersSinceMs { get; private set; }

    /// <summary>Position in the server's list of clients.</summary>
    internal LinkedListNode<Client>? Node { get; set; }

    // ---- input

    public override void Abort(string reason) => _server.Clients.Abort(this, reason);

    internal void OnReadable()
    {
        if (_input.Length > 0 && _input.IsOwn(!CanRun)) ReceiveOwn();
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
        var waited = _input.CopyTo(buffer);
        var received = Connection.Receive(buffer.Slice(waited, _input.SharedReadBytes));
        if (!Accept(received)) return;
        var input = buffer[..(waited + received)];
        _input.Forget();
        var used = Run(input);
        if (used < input.Length && !IsEnding && !IsClosed) _input.Keep(_server, input[used..]);
    }

    private void ReceiveOwn()
    {
        var room = _input.Room();
        var received = Connection.Receive(room[..Math.Min(room.Length, _server.InputShare)]);
        if (!Accept(received)) return;
        var hasMore = _input.Add(received);
        if (InputBytes > _server.InputBytesMax) _server.Clients.CloseOverQueryBufferLimit(this);
        else if (hasMore) RunOwn();
    }

    /// <summary>Runs what waits in the own buffer: after it was received, and when a blocked call is over.</summary>
    internal void RunOwn()
    {
        if (!_input.HasBlock || !CanRun) return;
        var used = Run(_input.Waiting);
        if (!IsClosed) _input.Take(_server, IsEnding ? _input.Length : used);
    }

    /// <summary>A call that waited is answered: what came behind it is run.</summary>
    internal void OnUnblocked()
    {
        if (Has(ClientModes.SkipsReply)) AnswerAll();
        RunOwn();
        if (!IsClosed) QueueForSending();
    }

    private bool Accept(int received)
    {
        if (received > 0)
        {
            _server.Statistics.CountRead(received);
            LastInteractionMs = _server.MonotonicMs;
            return true;
        }
        if (received != Connection.WouldBlock) _server.Clients.CloseByPeer(this, received);
        return false;
    }

    /// <summary>Runs complete requests; returns how many bytes they took.</summary>
    private int Run(Span<byte> input)
    {
        if (!CanRun) return 0;
        var executor = _server.Executor;
        executor.BeginBatch();
        _runningBytes = input.Length;
        _server.Serving = this;
        // What is to be limited is gathered first, as Redis does: a reply that is over the limit closes the client instead of reaching it.
        var limit = OutputLimit;
        _hasOutputLimit = limit.IsLimit;
        _output.HardBytes = limit.HardBytes;
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
        if (_input.IsPartial && !RunPartial(input, ref call, out used))
        {
            EndBatch(ref call);
            return 0;
        }
        var batch = _server.Batch;
        while (used < input.Length && CanRun && !IsClosed)
        {
            var status = batch.Parse(input, used, IsAuthenticated ? RequestBatch.RequestsMax : 1, _server.RequestLimits, IsAuthenticated, out var state);
            if (batch.Count > 0) used = RunBatch(batch, input, ref call);
            else used = batch.End;
            if (status == ParseStatus.Complete || !CanRun || IsClosed) continue;
            if (status == ParseStatus.Error)
            {
                // What stood before it may have changed the limits, so it is parsed once more when first in line.
                if (batch.Count > 0) continue;
                FailProtocol(state.Error!, input[used..], ref call);
                break;
            }
            if (used < input.Length) _input.BeginPartial(_server, batch, state);
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
            if (!CanRun || IsClosed) return batch.StartOf(i + 1);
        }
        return batch.End;
    }

    private void RunOne(ref Call call)
    {
        LastCommand = call.Command;
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
        if (Blocked is not null) _modes |= ClientModes.SkipsReply;
        else if (!Has(ClientModes.SkipsReply | ClientModes.RepliesOff)) AnswerAll(ref call);
    }

    private bool Has(ClientModes any) => (_modes & any) != 0;

    /// <summary>CLIENT NO-EVICT.</summary>
    internal bool IsSpared
    {
        get => Has(ClientModes.NoEvict);
        set => _modes = value ? _modes | ClientModes.NoEvict : _modes & ~ClientModes.NoEvict;
    }

    /// <summary>CLIENT REPLY OFF and SKIP. Takes effect behind the replies already written.</summary>
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

    /// <summary>RESET: as if just connected, but for the library's name. RESET itself is not answered when its reply was to be skipped.</summary>
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
        var status = _input.Continue(input, _server.RequestLimits, IsAuthenticated);
        if (status == ParseStatus.Incomplete) return false;
        if (status == ParseStatus.Error) FailProtocol(_input.Error!, input, ref call);
        else if (status == ParseStatus.Complete)
        {
            var args = _input.ArgumentsIn(input);
            call.Begin(args, _server.Executor.Commands.Find(args));
            var donors = _server.Keyspace.Host.Donors;
            _input.OfferBlocks(donors);
            RunOne(ref call);
            donors.Clear();
        }
        used = _input.End;
        _input.EndPartial(_server);
        return status != ParseStatus.Error;
    }

    private void FailProtocol(string error, ReadOnlySpan<byte> input, ref Call call)
    {
        call.Fail($"ERR Protocol error: {error}");
        _server.Clients.LogProtocolError(this, error, input);
        IsEnding = _hasFailedProtocol = true;
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
        if (_isQueuedForSending || (_output.MemoryBytes == 0 && !IsEnding)) return;
        _isQueuedForSending = true;
        _server.QueueForSending(this);
    }

    /// <summary>At the end of a turn, or when the connection can be written again.</summary>
    internal void Send()
    {
        _isQueuedForSending = false;
        if (IsClosed) return;
        if (_output.Drops)
        {
            CheckOutputLimit();
            return;
        }
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
                _server.Clients.CloseByPeer(this, Connection.Failed);
                return;
            }
            _gates.Sent(sent);
            CountSent(sent);
            Connection.WatchWritable = sent < allowed;
        }
        else Connection.WatchWritable = false;
        if (_output.IsEmpty && IsEnding) CloseOrLinger();
        else CheckOutputLimit();
    }

    private void CountSent(long bytes)
    {
        _server.Statistics.CountWrite(bytes);
        if (bytes != 0) LastInteractionMs = _server.MonotonicMs;
    }

    /// <summary>
    /// Closing while input is on its way resets the connection, and the peer may never see the error that it was just sent. So who is in the midst
    /// of sending is read, and ignored, until it falls silent; <see cref="Clients.CloseLingering"/> ends that.
    /// </summary>
    private void CloseOrLinger()
    {
        if (LingersSinceMs > 0) return;
        if (_hasFailedProtocol && Connection.Receive(_server.ReadBuffer.Span) > 0)
        {
            LingersSinceMs = LastInteractionMs = _server.MonotonicMs;
            _server.Clients.Linger(this);
        }
        else _server.Clients.Close(this);
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
        _input.Trim(nowMs, LastInteractionMs);
        OutputPeak = _output.Length;
    }

    /// <summary>Also called once a second when nothing happens: a client that reads nothing at all must not stay for ever.</summary>
    internal void CheckOutputLimit()
    {
        if (!ClosesSoon && _limitWatch.IsExceeded(_output, OutputLimit, _server.MonotonicMs)) _server.Clients.CloseOverOutputLimit(this);
    }

    /// <summary>Gives everything back; called by the server only.</summary>
    internal void Release()
    {
        IsClosed = true;
        Connection.Close();
        _input.Release(_server);
        _output.Clear();
    }
}
