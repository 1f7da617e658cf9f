namespace Carnelian;

/// <summary>
/// A session of the program that embeds a server: no connection, RESP3, replies as values. Like a connection it keeps its
/// database and its name, and runs one request after the other. Used on the command thread; made by <see cref="EmbeddedServer"/>.
/// </summary>
internal sealed class LocalSession(Server server) : Session(server.Keyspace.Databases[0], server.NextSessionId())
{
    private readonly ReplyBytes _replies = new();
    private readonly Queue<LocalRequest> _waiting = new();
    private LocalRequest? _running;

    public override string Address => "local";

    public override ReplySink Replies => _replies;

    /// <summary>Everybody is answered.</summary>
    public bool IsIdle => _running is null && _waiting.Count == 0;

    /// <summary>Runs a request now, or when those before it are done.</summary>
    public void Run(LocalRequest request)
    {
        _waiting.Enqueue(request);
        RunWaiting();
    }

    /// <summary>The blocked call is answered.</summary>
    public void OnUnblocked()
    {
        Complete();
        RunWaiting();
    }

    /// <summary>Ends the session; what it waits for will not come.</summary>
    public void Abandon(Exception reason)
    {
        server.Executor.BlockedClients.Remove(this);
        _running?.Fail(reason);
        _running = null;
        while (_waiting.TryDequeue(out var request)) request.Fail(reason);
    }

    private void RunWaiting()
    {
        while (_running is null && _waiting.TryDequeue(out _running))
        {
            Version = RespVersion.Resp3;
            IsEnding = false;
            var executor = server.Executor;
            executor.BeginBatch();
            var call = new Call(executor, this, _replies);
            var arguments = _running.Arguments;
            call.Begin(arguments, executor.Commands.Find(arguments));
            executor.Run(ref call);
            call.Reply.Flush();
            if (Blocked is null) Complete();
        }
    }

    private void Complete()
    {
        if (_running is null) return;
        if (_replies.Take() is { } reply) server.LocalReplies.Answer(_running, reply);
        else _running.Fail(new InvalidOperationException("The reply is longer than 2 GB."));
        _running = null;
    }

    /// <summary>Collects a reply.</summary>
    private sealed class ReplyBytes : ReplySink
    {
        private const int KeptBytes = 1 << 20;

        private byte[] _bytes = new byte[1024];
        private int _used;

        /// <summary>It does not fit into an array: what of it came is gone.</summary>
        private bool _isTooLong;

        public override Span<byte> Reserve(int bytes)
        {
            if (_used > Array.MaxLength - bytes)
            {
                _isTooLong = true;
                _used = 0;
            }
            if (_bytes.Length - _used < bytes) Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_used + bytes)));
            return _bytes.AsSpan(_used);
        }

        public override void Commit(int bytes) => _used += bytes;

        /// <summary>The reply without what was pushed beside it; null when it was too long.</summary>
        public RespValue? Take()
        {
            RespValue? reply = null;
            for (var at = 0; at < _used && !_isTooLong;)
            {
                var value = RespValue.Read(_bytes.AsSpan(at, _used - at), out var length);
                Check.That(value is not null);
                if (reply is null || reply.Kind == RespKind.Push) reply = value;
                at += length;
            }
            Check.That(reply is not null || _isTooLong);
            _used = 0;
            _isTooLong = false;
            if (_bytes.Length > KeptBytes) _bytes = new byte[1024];
            return reply;
        }
    }
}

/// <summary>A request on its way from a thread of the application to the command thread, and its reply on the way back.</summary>
internal sealed class LocalRequest
{
    private readonly byte[] _bytes;
    private readonly Argument[] _items;
    private RespValue? _reply;
    private Exception? _failure;

    /// <exception cref="ArgumentException">There is no argument, or more than 2 GB of them.</exception>
    public LocalRequest(byte[][] arguments)
    {
        if (arguments.Length == 0) throw new ArgumentException("a request has at least the command's name", nameof(arguments));
        long total = 0;
        foreach (var argument in arguments) total += argument.Length;
        if (total > Array.MaxLength) throw new ArgumentException("a request's arguments are longer than 2 GB together", nameof(arguments));
        _bytes = new byte[total];
        _items = new Argument[arguments.Length];
        var at = 0;
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i].CopyTo(_bytes, at);
            _items[i] = new(at, arguments[i].Length);
            at += arguments[i].Length;
        }
    }

    public static byte[][] Encode(string[] arguments) => Array.ConvertAll(arguments, System.Text.Encoding.UTF8.GetBytes);

    public Arguments Arguments => new(_bytes, _items);

    public void Complete(RespValue reply) => End(reply, null);

    public void Fail(Exception reason) => End(null, reason);

    private void End(RespValue? reply, Exception? failure)
    {
        lock (this)
        {
            if (_reply is not null || _failure is not null) return;
            (_reply, _failure) = (reply, failure);
            Monitor.PulseAll(this);
        }
    }

    /// <summary>Waits for the reply.</summary>
    /// <exception cref="InvalidOperationException">The server has ended.</exception>
    public RespValue Wait()
    {
        lock (this)
        {
            while (_reply is null && _failure is null) Monitor.Wait(this);
        }
        return _reply ?? throw new InvalidOperationException(_failure!.Message, _failure);
    }
}
