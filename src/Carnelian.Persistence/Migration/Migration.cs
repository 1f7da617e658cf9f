namespace Carnelian;

/// <summary>
/// One MIGRATE: AUTH and SELECT where they are needed, and when these are answered a RESTORE for each key, one behind the other without waiting for replies. Payloads
/// are made as the link takes them. Meanwhile the keys are held: each stays what was sent of it until it is known what became of that, and then those that were taken
/// are deleted. Goes on when its client is gone.
/// </summary>
internal sealed class Migration : ILinkOwner, IDisposable
{
    /// <summary>When so much waits to be sent, no more payloads are made, bytes.</summary>
    private const long UnsentBytesMax = 1 << 20;

    private readonly Migrations _all;
    private readonly MigrateOptions _options;
    private readonly Database _database;
    private readonly Command _command;
    private readonly RequestCopy _request;
    private MultimapChain _held;

    /// <summary>Null when the client is gone.</summary>
    private SuspendedCall? _call;

    private MigrationLink? _link;

    /// <summary>The payload of a large value in the making: that of the next key.</summary>
    private SlicedDump? _slices;

    /// <summary>
    /// The arguments that name keys.
    /// <code>| taken by the other server … | (refused …) | answered … | sent … | (gone …) | next … | end</code>
    /// </summary>
    private readonly int[] _keys;
    private int _taken, _answered, _sent, _next, _end;

    /// <summary>Replies to AUTH and SELECT that are to come. Keys are not sent before: they might get into another database.</summary>
    private int _awaited;

    private bool _hasBegun;

    /// <summary>No more payloads are made until some of the output has been sent.</summary>
    private bool _waitsForRoom;

    private string? _error;
    private bool _hasConnected, _hasRetried;
    private long _progressMs;

    public Migration(Migrations all, ref Call call, MigrateOptions options, int[] keys, long id)
    {
        (_all, _options, _keys, _end) = (all, options, keys, keys.Length);
        (_database, _command) = (call.Database, call.Command);
        _request = new(call.Args, call.Keyspace.Allocator, Purpose.Other);
        foreach (var argument in keys) all.Holds.Hold(_database, call.Key(argument), id, ref _held);
        _call = new(ref call, _request, () => _call = null);
        call.Executor.BlockedClients.Wait(_call);
    }

    /// <summary>Kept by <see cref="Migrations"/>.</summary>
    public bool IsQueued { get; set; }

    /// <summary>It is known what became of each key, or will never be.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Until when the other server is to move, milliseconds of the monotonic clock.</summary>
    public long DeadlineMs => IsOver ? long.MaxValue : _progressMs + Math.Min(_options.TimeoutMs, long.MaxValue - _progressMs);

    // ---- the link

    public void Connect()
    {
        Progress();
        _link = _hasRetried ? null : _all.TakeLink(_options, this);
        _hasConnected = _link is not null;
        if (_link is not null) _all.Queue(this);
        else Dial();
    }

    private void Dial()
    {
        // As C's atoi and htons have it, for Redis does.
        IntegerText.TryParse(ByteText.ToBytes(_options.Port), out var port);
        if (port < 0)
        {
            EndUnconnected();
            return;
        }
        _link = _all.NewLink(_options, this);
        _link.Link.Connect(_options.Host, (ushort)port);
    }

    /// <summary>The other server has moved, or we have: the time begins anew.</summary>
    private void Progress()
    {
        _progressMs = _all.Executor.MonotonicMs;
        _all.ExpectBy(DeadlineMs);
    }

    void ILinkOwner.OnEstablished(OutgoingLink link)
    {
        _hasConnected = true;
        Progress();
        _all.Queue(this);
    }

    void ILinkOwner.OnSent(OutgoingLink link)
    {
        Progress();
        if (!_waitsForRoom || link.Output.Length >= UnsentBytesMax) return;
        _waitsForRoom = false;
        _all.Queue(this);
    }

    void ILinkOwner.OnGone(OutgoingLink link, string error)
    {
        // Often the other server has closed a link that was idle. While it has answered for no key, all is sent once more, as Redis does.
        if (_hasConnected && !_hasRetried && _answered == 0 && _error is null) Retry();
        else if (!link.HasAddresses) EndUnconnected();
        else EndFailed();
    }

    private void Retry()
    {
        _hasRetried = true;
        _keys.AsSpan(_next.._end).CopyTo(_keys.AsSpan(_sent));
        _end -= _next - _sent;
        _sent = _next = 0;
        _hasBegun = _waitsForRoom = false;
        _awaited = 0;
        DropSlices();
        Connect();
    }

    public void OnTimeout()
    {
        if (_hasConnected) EndFailed();
        else EndUnconnected();
    }

    // ---- sending

    /// <summary>Sends what the link takes at present. True: there is more that it takes.</summary>
    public bool Send(ref Budget budget)
    {
        if (IsOver || !_hasConnected) return false;
        var link = _link!.Link;
        if (!_hasBegun) Begin();
        while (TakesMore(link) && SendNext(link.Output, ref budget) && !budget.Spent) { }
        Progress();
        link.Send();
        if (link.IsClosed || IsOver) return false;
        EndIfAnswered();
        if (IsOver) return false;
        _waitsForRoom = _awaited == 0 && _next < _end && link.Output.Length >= UnsentBytesMax;
        return TakesMore(link);
    }

    private bool TakesMore(OutgoingLink link) => _awaited == 0 && _next < _end && link.Output.Length < UnsentBytesMax;

    private void Begin()
    {
        _hasBegun = true;
        var writer = new ReplyWriter(_link!.Link.Output, RespVersion.Resp2);
        var arguments = _request.Arguments;
        if (_options.Password > 0)
        {
            _awaited++;
            writer.Array(_options.User > 0 ? 3 : 2);
            writer.Bulk("AUTH"u8);
            if (_options.User > 0) writer.Bulk(arguments[_options.User]);
            writer.Bulk(arguments[_options.Password]);
        }
        if (_link.Selected != _options.Database)
        {
            _awaited++;
            writer.Array(2);
            writer.Bulk("SELECT"u8);
            writer.BulkInteger(_options.Database);
        }
        writer.Flush();
    }

    /// <summary>Sends the next key. False when its payload is not done yet.</summary>
    private bool SendNext(OutputBuffer output, ref Budget budget)
    {
        var keyspace = _database.Keyspace;
        var key = keyspace.KeyOf(_request.Arguments[_keys[_next]]);
        var found = keyspace.Find(_database, key, LookupFlags.NoEffects);
        if (_slices is null && found.Exists && SlicedDump.IsLarge(_database.Data, found)) _slices = _all.NewSlicedDump();
        if (_slices is not null && !_slices.Run(_database, found, ref budget)) return false;
        var argument = _keys[_next++];
        // A flush has taken it, or its time is over: then it has no business there either.
        if (found.Exists && TryTimeLeft(found, out var leftMs))
        {
            _keys[_sent++] = argument;
            WriteRestore(output, key, found, leftMs);
        }
        DropSlices();
        return true;
    }

    private void WriteRestore(OutputBuffer output, Key key, EntryView entry, long leftMs)
    {
        var writer = new ReplyWriter(output, RespVersion.Resp2);
        writer.Array(_options.Replaces ? 5 : 4);
        writer.Bulk(_database.Keyspace.Options.UsesSlots ? "RESTORE-ASKING"u8 : "RESTORE"u8);
        writer.Bulk(key.Bytes);
        writer.BulkInteger(leftMs);
        if (_slices is null) writer.Bulk(_all.Dumps.Dump(_database.Data, entry));
        else _slices.WriteTo(ref writer, output);
        if (_options.Replaces) writer.Bulk("REPLACE"u8);
        writer.Flush();
    }

    private void DropSlices()
    {
        _slices?.Dispose();
        _slices = null;
    }

    /// <summary>How long a key has left, as RESTORE takes it: 0 for ever, and at least a millisecond else. False when that is over.</summary>
    private bool TryTimeLeft(EntryView entry, out long leftMs)
    {
        leftMs = 0;
        if (!entry.Expires) return true;
        leftMs = Math.Max(1, entry.ExpiryMs - _database.Keyspace.NowMs);
        return entry.ExpiryMs >= _database.Keyspace.NowMs;
    }

    // ---- replies

    void ILinkOwner.OnReply(OutgoingLink link, ReadOnlySpan<byte> reply)
    {
        Progress();
        var error = reply[0] == (byte)RespKind.Error ? ByteText.FromBytes(reply[1..^2]) : null;
        if (error is not null) _error ??= $"ERR Target instance replied with error: {error}";
        if (_awaited > 0) OnBeginAnswered();
        else if (_answered < _sent) OnKeyAnswered(isTaken: error is null);
        else EndFailed();
    }

    private void OnBeginAnswered()
    {
        if (--_awaited > 0) return;
        // When that has failed no key sets out.
        if (_error is not null) _end = _next;
        if (_next < _end) _all.Queue(this);
        else EndIfAnswered();
    }

    private void OnKeyAnswered(bool isTaken)
    {
        var argument = _keys[_answered++];
        if (isTaken) _keys[_taken++] = argument;
        EndIfAnswered();
    }

    // ---- the end

    private void EndIfAnswered()
    {
        if (!_hasBegun || _awaited > 0 || _next < _end || _answered < _sent) return;
        _link!.Selected = _error is null ? _options.Database : null;
        _all.ReturnLink(_link);
        _link = null;
        End();
    }

    private void EndUnconnected()
    {
        _error = "IOERR error or timeout connecting to the client";
        End();
    }

    private void EndFailed()
    {
        var wasWriting = _awaited == 0 && _next < _end || _link!.Link.Output.Length > 0;
        _error ??= $"IOERR error or timeout {(wasWriting ? "writing" : "reading")} to target instance";
        End();
    }

    private void End()
    {
        IsOver = true;
        _link?.Link.Close();
        _all.Queue(this);
    }

    /// <summary>Runs the request again: it answers, and deletes what was taken.</summary>
    public void RunAgain()
    {
        var executor = _all.Executor;
        if (_call is { } call)
        {
            executor.BlockedClients.Resume(call);
            return;
        }
        var session = new AbsentClient(_database);
        var abandoned = new Call(executor, session, session.Replies) { IsAdmitted = true, IsRunAgain = true };
        abandoned.Begin(_request.Arguments, _command);
        executor.Run(ref abandoned);
        abandoned.Reply.Flush();
    }

    public void Answer(ref Call call)
    {
        call.PropagateInnerCalls();
        if (!_options.Copies && _taken > 0) DeleteTaken(ref call);
        if (_error is null) call.Reply.Ok();
        else call.Fail(_error);
    }

    private void DeleteTaken(ref Call call)
    {
        if (call.HasListeners)
        {
            var effect = call.BeginEffect(1 + _taken).Append("DEL"u8);
            for (var i = 0; i < _taken; i++) effect.Append(call.Args[_keys[i]]);
        }
        for (var i = 0; i < _taken; i++)
        {
            var key = call.Keyspace.EditEvenExpired(call.Database, call.Key(_keys[i]));
            if (key.Exists) key.Delete(KeyspaceEvent.Delete);
        }
    }

    /// <summary>The server ends.</summary>
    public void Abandon()
    {
        _link?.Link.Close();
        DropSlices();
        _database.Keyspace.Held.Release(ref _held);
        _request.Dispose();
    }

    public void Dispose()
    {
        DropSlices();
        _request.Dispose();
        _all.Holds.Release(ref _held);
    }

    /// <summary>In whose place the request of a client is run again that is gone.</summary>
    private sealed class AbsentClient(Database database) : Session(database, 0)
    {
        public override string Address => "?:0";

        public override ReplySink Replies { get; } = new Nowhere();
    }

    private sealed class Nowhere : ReplySink
    {
        public override Span<byte> Reserve(int bytes) => new byte[bytes];

        public override void Commit(int bytes) { }
    }
}
