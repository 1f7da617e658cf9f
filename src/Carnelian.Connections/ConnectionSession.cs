namespace Carnelian;

/// <summary>
/// The command thread's part of a connection: whose requests run, what waits to be sent, and what the lane told of its own part, the
/// <see cref="Intake"/>. What kind of connection it is a derived class says: a client; later a replication link, a link of a cluster or of Sentinel.
/// </summary>
public abstract class ConnectionSession : Session
{
    private readonly Intake _intake;
    private readonly Connection _connection;
    private OutputBuffer? _pushes;
    private OutputRelease _release;
    private OutputLimitWatch _limitWatch;
    private bool _isQueued, _isQueuedForRelease, _isWritten, _isPushed, _hasFailedProtocol, _isIgnored;
    private bool _hasOutputLimit, _mutesBehindPush;
    private IntakeCounters _counters;
    private long _memoryCounted;
    private ClientClass _classCounted;

    protected ConnectionSession(IConnectionHost host, Lane lane, Connection connection, Database database, long id) : base(database, id)
    {
        Host = host;
        Output = new(host.OutputChunks);
        CreatedMs = LastInteractionMs = host.MonotonicMs;
        _connection = connection;
        _intake = new(lane, connection, this);
        CountMemory();
    }

    internal IConnectionHost Host { get; }

    public OutputBuffer Output { get; }

    public override ReplySink Replies => Output;

    // ---- what kind of connection it is

    /// <summary>Memory of what a session of this kind is made of, its objects and what it holds elsewhere, bytes, without the connection, which is the engine's.</summary>
    protected abstract long ObjectBytes { get; }

    /// <summary>Which of the sums <see cref="IConnectionHost.MemoryByClass"/> it counts in.</summary>
    public abstract ClientClass Class { get; }

    /// <summary>What may wait to be sent.</summary>
    protected abstract OutputBufferLimit OutputLimit { get; }

    /// <summary>Whether <see cref="OnRequest"/> is to be told of requests. Long arguments are copied then.</summary>
    public virtual bool TapsRequests => false;

    /// <summary>A request is about to run.</summary>
    /// <param name="request">Its bytes as they came.</param>
    /// <param name="offset">Bytes of the stream up to its end.</param>
    protected internal virtual void OnRequest(ReadOnlySpan<byte> request, long offset) { }

    /// <summary>Runs one request.</summary>
    protected internal virtual void Run(ref Call call)
    {
        Host.Executor.Run(ref call);
        OnCallEnded(ref call);
    }

    /// <summary>The stream can't be understood any more. The error is answered, and the session ends behind it.</summary>
    protected internal virtual void OnProtocolError(string error, ReadOnlySpan<byte> input) => _hasFailedProtocol = true;

    /// <summary>The peer has ended the connection, or it has failed: closes the session.</summary>
    /// <param name="error">Null: the peer ended it.</param>
    protected internal abstract void OnPeerGone(string? error);

    /// <summary>More has come than may wait: closes the session.</summary>
    protected internal abstract void OnInputOverLimit();

    /// <summary>More waits to be sent than may: closes the session.</summary>
    protected abstract void OnOutputOverLimit();

    /// <summary>All is sent, and nothing more will be: closes the session.</summary>
    protected abstract void OnAllSent();

    /// <summary>
    /// As <see cref="OnAllSent"/>, but the peer is in the midst of sending. Closing now would reset the connection, and it might never see the error that it
    /// was just sent: what comes is ignored, and the session is to be closed when <see cref="LastInteractionMs"/> tells that the peer is silent.
    /// </summary>
    protected abstract void OnLingering();

    // ---- counters

    /// <summary>Milliseconds, as <see cref="IConnectionHost.MonotonicMs"/>.</summary>
    public long CreatedMs { get; }

    /// <summary>When bytes were last received or sent, milliseconds as <see cref="IConnectionHost.MonotonicMs"/>.</summary>
    public long LastInteractionMs { get; private set; }

    public override string Address => _connection.RemoteAddress;

    public string LocalAddress => _connection.LocalAddress;

    /// <summary>A number for people: the descriptor, where there is one.</summary>
    public int Descriptor => _connection.Id;

    /// <summary>The peer is on this machine.</summary>
    public bool IsLoopback => _connection.IsLoopback;

    /// <summary>The lane has bytes that the peer does not take at present.</summary>
    public bool WaitsForPeer => Output.HandedOver > 0;

    /// <summary>Bytes received that wait or are being run.</summary>
    public long InputBytes => _counters.Waiting;

    /// <summary>Unused bytes of the buffer that they are in.</summary>
    public long InputFree => _counters.Free;

    /// <summary>Memory of the input buffer, and of long arguments that have one of their own.</summary>
    public long InputCapacity => _counters.Memory;

    /// <summary>Arguments of an incomplete request that have come already.</summary>
    public long ArgumentBytes => _counters.Arguments;

    /// <summary>All memory that the session takes.</summary>
    public long MemoryBytes => ObjectBytes + InputCapacity + Output.MemoryBytes + (Transaction?.MemoryBytes ?? 0);

    /// <summary>The most that waited in the output at the end of a turn, since about a second.</summary>
    public long OutputPeak { get; private set; }

    /// <summary>As of when the sum of its class was last brought up to date.</summary>
    public long CountedMemory => _memoryCounted;

    /// <summary>Brings the sum of its class up to date.</summary>
    private void CountMemory()
    {
        var memory = IsClosed ? 0 : MemoryBytes;
        if (memory == _memoryCounted && Class == _classCounted) return;
        Host.MemoryByClass[(int)_classCounted] -= _memoryCounted;
        Host.MemoryByClass[(int)Class] += memory;
        var before = _memoryCounted;
        (_memoryCounted, _classCounted) = (memory, Class);
        OnMemoryCounted(before);
    }

    /// <summary><see cref="CountedMemory"/> is another one, or counts in the sum of another class.</summary>
    protected virtual void OnMemoryCounted(long before) { }

    /// <summary>To be called when <see cref="Class"/> is another one: another sum and another limit count.</summary>
    protected void OnClassChanged()
    {
        CountMemory();
        RefreshOutputLimit();
    }

    // ---- input, as the lane tells of it

    public bool IsAuthenticated => (ClosedGates & Gates.Authentication) == 0;

    internal IntakeState IntakeState =>
        (CanRun ? IntakeState.CanRun : 0) | (IsAuthenticated ? IntakeState.IsAuthenticated : 0) | (IsEnding ? IntakeState.IsEnding : 0)
        | (TapsRequests ? IntakeState.TapsRequests : 0);

    /// <summary>Lets the lane know when what it knows of the session has changed outside of a request of its own.</summary>
    public void TellLane() => _intake.Tell(IntakeState);

    protected override void OnRunAgain()
    {
        if (_pushes is not { IsEmpty: false } || IsClosed) return;
        AppendPushes();
        QueueForSending();
    }

    /// <summary>Goes on with what came behind a call that waited and has been answered.</summary>
    public virtual void OnUnblocked()
    {
        TellLane();
        if (!IsClosed) QueueForSending();
    }

    internal void OnIntake(in IntakeCounters counters, bool hasReceived)
    {
        var hasOtherMemory = counters.Memory != _counters.Memory;
        _counters = counters;
        if (hasReceived) LastInteractionMs = Host.MonotonicMs;
        if (hasOtherMemory) CountMemory();
    }

    // ---- output

    /// <summary>What a call wrote may tell of changes up to its own.</summary>
    protected void OnCallEnded(ref Call call)
    {
        _isWritten = true;
        // Not only when the turn is over: until then a pipeline could ask for any amount.
        if (_hasOutputLimit && Output.MemoryBytes > OutputChunks.SmallBytes)
        {
            call.Reply.Flush();
            CheckOutputLimit();
        }
        if (_pushes is not { IsEmpty: false }) return;
        call.Reply.Flush();
        AppendPushes();
    }

    /// <summary>
    /// Sends a message that answers no request. In the midst of a call of the session itself it stands behind the reply; it is sent also where replies are
    /// not wanted, but not behind the last one.
    /// </summary>
    /// <param name="resp">The message as RESP. Shared: it is stored once, however many get it.</param>
    public void Push(SharedBytes resp)
    {
        if (BeginPush() is not { } output) return;
        output.TryRefer(resp, 0, resp.Span.Length);
        EndPush(output);
    }

    /// <summary>As <see cref="Push(SharedBytes)"/>, copied: cheaper for a short message.</summary>
    public void Push(ReadOnlySpan<byte> resp)
    {
        if (BeginPush() is not { } output) return;
        resp.CopyTo(output.Reserve(resp.Length));
        output.Commit(resp.Length);
        EndPush(output);
    }

    private OutputBuffer? BeginPush()
    {
        if (IsClosed || IsEnding) return null;
        if (IsRunning) return _pushes ??= new(Host.OutputChunks);
        RefreshOutputLimit();
        _mutesBehindPush = Output.IsMuted;
        Output.IsMuted = false;
        return Output;
    }

    private void EndPush(OutputBuffer output)
    {
        if (output == _pushes) return;
        Output.IsMuted = _mutesBehindPush;
        _isPushed = true;
        QueueForSending();
        // Not only when the turn is over: until then others could push any amount.
        if (Output.MemoryBytes > OutputChunks.SmallBytes) CheckOutputLimit();
    }

    private void AppendPushes()
    {
        var isMuted = Output.IsMuted;
        Output.IsMuted = false;
        _isPushed = true;
        Output.Append(_pushes!);
        Output.IsMuted = isMuted;
    }

    /// <summary>What is to be limited is gathered first, as Redis does: a reply that is over the limit closes the client instead of reaching it.</summary>
    public void RefreshOutputLimit()
    {
        var limit = OutputLimit;
        _hasOutputLimit = limit.IsLimit;
        Output.HardBytes = limit.HardBytes;
    }

    /// <summary>Requests have run.</summary>
    internal void OnBatchRun()
    {
        if (Output.IsMuted && Output.IsEmpty) Output.Clear();
        CountMemory();
    }

    /// <summary>All that a read brought has been run.</summary>
    internal void OnInputRun()
    {
        if (IsClosed) return;
        if (Output.Length > OutputChunks.SmallBytes && Host.Outbox.SendsAtOnce && !_isQueued) HandOver();
        else Queue();
    }

    /// <summary>To be called when something was written outside of a request.</summary>
    public void QueueForSending()
    {
        _isWritten = true;
        Queue();
    }

    private void Queue()
    {
        if (_isQueued || (Output.MemoryBytes == 0 && !IsEnding)) return;
        _isQueued = true;
        Host.Outbox.Queue(this);
    }

    /// <summary>Hands the lane what may leave. Not in the midst of a call of the session.</summary>
    internal void HandOver()
    {
        _isQueued = false;
        if (IsClosed) return;
        if (Output.Drops)
        {
            CheckOutputLimit();
            return;
        }
        OutputPeak = Math.Max(OutputPeak, Output.Length);
        var outbox = Host.Outbox;
        if (_isWritten && outbox.IsGated) HoldBack(outbox);
        _isWritten = _isPushed = false;
        var allowed = _release.Allowed(Output.Length, outbox.ReleasedOffset);
        if (allowed < Output.Length && !_isQueuedForRelease)
        {
            _isQueuedForRelease = true;
            outbox.QueueForRelease(this);
        }
        var bytes = allowed - Output.HandedOver;
        if (bytes > 0) _intake.Send(bytes, Output.HandOver(bytes));
        if (IsClosed) return;
        CountMemory();
        if (Output.IsEmpty && IsEnding) EndWhenSent();
        else CheckOutputLimit();
    }

    /// <summary>Replies wait for what the session has changed, and for what it has read that is not safe yet; what was pushed may tell of all changes.</summary>
    private void HoldBack(Outbox outbox)
    {
        var offset = _isPushed || !outbox.KnowsReads ? outbox.ClosedOffset : Math.Max(LastWriteOffset, LastReadOffset);
        if (offset > outbox.ReleasedOffset) _release.Add(Output.Length, offset);
    }

    /// <summary>The offset for which some of the output waited may have been released.</summary>
    internal void OnReleased()
    {
        _isQueuedForRelease = false;
        if (!IsClosed) Queue();
    }

    /// <summary>The lane's answer: so much was sent.</summary>
    internal void OnSent(long bytes)
    {
        Output.Sent(bytes);
        _release.Sent(bytes);
        LastInteractionMs = Host.MonotonicMs;
        CountMemory();
        if (Output.IsEmpty && IsEnding) EndWhenSent();
    }

    private void EndWhenSent()
    {
        if (IsClosed || _isIgnored) return;
        _isIgnored = _hasFailedProtocol;
        if (_isIgnored) _intake.Ignore();
        else OnAllSent();
    }

    /// <summary>The lane's answer: from now on what comes is ignored; whether there was anything.</summary>
    internal void OnIgnored(bool hasReceived)
    {
        if (IsClosed) return;
        if (hasReceived)
        {
            LingersSinceMs = LastInteractionMs = Math.Max(1, Host.MonotonicMs);
            OnLingering();
        }
        else OnAllSent();
    }

    /// <summary>Called about once a second, whatever the session does.</summary>
    public void Check()
    {
        CheckOutputLimit();
        if (IsClosed) return;
        _intake.Trim(Host.MonotonicMs, LastInteractionMs);
        OutputPeak = Output.Length;
    }

    /// <summary>Also called once a second when nothing happens: a client that reads nothing at all must not stay for ever.</summary>
    private void CheckOutputLimit()
    {
        if (!ClosesSoon && _limitWatch.IsExceeded(Output, OutputLimit, Host.MonotonicMs)) OnOutputOverLimit();
    }

    // ---- talk in the midst of a call

    public override bool HasPendingReplies => !Output.IsEmpty;

    public override Dialog OpenDialog() => new ConnectionDialog(this, _intake);

    // ---- the end

    public bool IsClosed { get; private set; }

    /// <summary>The session is closed at the end of the turn, and nothing is sent to it any more.</summary>
    public bool ClosesSoon
    {
        get;
        set
        {
            field = value;
            IsEnding |= value;
            Output.Drops |= value;
            if (value) TellLane();
        }
    }

    /// <summary>Since when what comes is ignored, milliseconds as <see cref="IConnectionHost.MonotonicMs"/>; 0: it is not.</summary>
    public long LingersSinceMs { get; private set; }

    /// <summary>Gives everything back.</summary>
    public void Close()
    {
        if (IsClosed) return;
        IsClosed = true;
        CountMemory();
        _pushes?.Clear();
        _intake.Close();
    }

    /// <summary>The lane's last answer: it has closed the connection and sends no more.</summary>
    internal void OnClosed() => Output.Clear();
}
