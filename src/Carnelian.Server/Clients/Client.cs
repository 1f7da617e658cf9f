namespace Carnelian;

/// <summary>
/// A connection that speaks RESP: its state as CLIENT and INFO show it. Holds memory only while a request is incomplete or output waits, and for two
/// seconds more: an idle client is this object, its intake and its connection.
/// </summary>
internal sealed class Client : ConnectionSession
{
    /// <summary>This object and those that it owns, in bytes of the .NET heap, without the connection, which is the engine's. A test compares.</summary>
    internal const int BytesOfObjects = 688;

    /// <summary>What waits for who has not authenticated may be no more, bytes: the reply buffer of Redis, and its bound for what is beyond.</summary>
    private const ulong UnauthenticatedOutputBytesMax = OutputChunks.MediumBytes + 1024;

    private readonly Server _server;
    private ClientModes _modes;

    internal Client(Server server, Lane lane, Connection connection, Listener? listener, long id)
        : base(server.Clients, lane, connection, server.Keyspace.Databases[0], id)
    {
        _server = server;
        Listener = listener;
    }

    public Listener? Listener { get; }

    public override ClientClass Class => Subscriber is null ? ClientClass.Normal : ClientClass.PubSub;

    public ClientType Type => Subscriber is null ? ClientType.Normal : ClientType.PubSub;

    public ClientModes Modes => _modes;

    /// <summary>The user in whose name requests run: there is only the default one as yet.</summary>
    public string User => "default";

    public byte[] LibraryName { get; set; } = [];

    public byte[] LibraryVersion { get; set; } = [];

    public Command? LastCommand { get; private set; }

    /// <summary>Kept by <see cref="Monitors"/>.</summary>
    public bool IsMonitor { get; set; }

    public bool IsOnUnixSocket => Listener?.Address is System.Net.Sockets.UnixDomainSocketEndPoint;

    /// <summary>What it subscribes to, or null; kept by <see cref="Subscriptions"/>.</summary>
    public Subscriber? Subscriber { get; set; }

    protected override long ObjectBytes => BytesOfObjects + (Subscriber?.MemoryBytes ?? 0);

    /// <summary>Who has not authenticated must not fill the memory with refusals that it does not read.</summary>
    protected override OutputBufferLimit OutputLimit =>
        IsAuthenticated ? _server.Options.OutputBufferLimits[(int)Class] : new(UnauthenticatedOutputBytesMax + 1, 0, 0);

    /// <summary>Position in the server's list of clients.</summary>
    internal LinkedListNode<Client>? Node { get; set; }

    internal const int NoMemoryClass = -1;

    /// <summary>Where <see cref="ClientEviction"/> keeps it.</summary>
    internal int MemoryClass { get; set; } = NoMemoryClass;

    internal LinkedListNode<Client>? MemoryNode { get; set; }

    protected override void OnMemoryCounted(long before)
    {
        // While it is being made it is nobody's.
        if (Node is not null) _server.Clients.Eviction.Update(this, before);
    }

    // ---- running

    protected override void Run(ref Call call)
    {
        LastCommand = call.Command;
        if (Has(ClientModes.SkipsReply)) RunUnanswered(ref call);
        else _server.Executor.Run(ref call);
        if (Has(ClientModes.SkipsReply)) SetMuted(ref call, true);
        OnCallEnded(ref call);
    }

    private void RunUnanswered(ref Call call)
    {
        // CLIENT REPLY SKIP may set it again.
        _modes &= ~ClientModes.SkipsReply;
        _server.Executor.Run(ref call);
        if (Blocked is not null) _modes |= ClientModes.SkipsReply;
        else if (!Has(ClientModes.SkipsReply | ClientModes.RepliesOff)) AnswerAll(ref call);
    }

    public override void OnUnblocked()
    {
        if (Has(ClientModes.SkipsReply))
        {
            _modes &= ~ClientModes.SkipsReply;
            AnswerAll();
        }
        base.OnUnblocked();
    }

    // ---- modes

    private bool Has(ClientModes any) => (_modes & any) != 0;

    /// <summary>CLIENT NO-EVICT.</summary>
    internal bool IsSpared
    {
        get => Has(ClientModes.NoEvict);
        set
        {
            _modes = value ? _modes | ClientModes.NoEvict : _modes & ~ClientModes.NoEvict;
            _server.Clients.Eviction.Update(this, CountedMemory);
        }
    }

    /// <summary>CLIENT IMPORT-SOURCE: to it nothing is over.</summary>
    internal bool IsImportSource
    {
        get => OwnPolicy == ExpiryPolicy.Ignore;
        set => OwnPolicy = value ? ExpiryPolicy.Ignore : null;
    }

    /// <summary>CLIENT REPLY OFF. Takes effect behind the replies already written.</summary>
    internal void AnswerNothing(ref Call call)
    {
        SetMuted(ref call, true);
        _modes |= ClientModes.RepliesOff;
    }

    /// <summary>CLIENT REPLY SKIP: concerns the next request, in a transaction that behind EXEC.</summary>
    internal void SkipReply()
    {
        if (!Has(ClientModes.RepliesOff)) _modes |= ClientModes.SkipsReply;
    }

    /// <summary>Replies are dropped from here on, or no longer. Returns whether they were.</summary>
    internal bool SetMuted(ref Call call, bool muted)
    {
        call.Reply.Flush();
        var wasMuted = Output.IsMuted;
        Output.IsMuted = muted;
        return wasMuted;
    }

    internal void AnswerAll(ref Call call)
    {
        call.Reply.Flush();
        AnswerAll();
    }

    private void AnswerAll()
    {
        _modes &= ~ClientModes.RepliesOff;
        Output.IsMuted = false;
    }

    /// <summary>RESET: as if just connected, but for the library's name. RESET itself is not answered when its reply was to be skipped.</summary>
    internal void ResetModes(ref Call call)
    {
        if (Has(ClientModes.RepliesOff)) AnswerAll(ref call);
        IsSpared = false;
        _modes = ClientModes.None;
        LeavesNoTrace = IsImportSource = false;
    }

    // ---- subscriptions

    /// <summary>As confirmations tell it: channels and patterns together, or shard channels.</summary>
    internal int CountOf(SubscriptionKind kind) =>
        Subscriber is null ? 0 : kind == SubscriptionKind.ShardChannel ? Subscriber.ShardChannels : Subscriber.Channels + Subscriber.Patterns;

    internal void OnSubscriptionsChanged()
    {
        ClosedGates = Subscriber is null ? ClosedGates & ~Gates.SubscriberMode : ClosedGates | Gates.SubscriberMode;
        OnClassChanged();
    }

    // ---- the end

    public override void Abort(string reason) => _server.Clients.Abort(this, reason);

    protected override void OnProtocolError(string error, ReadOnlySpan<byte> input)
    {
        base.OnProtocolError(error, input);
        _server.Clients.LogProtocolError(this, error, input);
    }

    protected override void OnPeerGone(string? error) => _server.Clients.CloseByPeer(this, error);

    protected override void OnInputOverLimit() => _server.Clients.CloseOverQueryBufferLimit(this);

    protected override void OnOutputOverLimit() => _server.Clients.CloseOverOutputLimit(this);

    protected override void OnAllSent() => _server.Clients.Close(this);

    protected override void OnLingering() => _server.Clients.Linger(this);
}
