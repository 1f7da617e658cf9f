using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Repeats what an append-only file has: runs its commands, nobody being asked or told of it. What stands between MULTI and EXEC is kept until EXEC comes, so that a transaction that was cut in half changes nothing. Keys
/// whose time is over are there, as they were when the commands were first run.
/// </summary>
internal sealed class ReplaySession : Session, IDisposable
{
    private readonly Executor _executor;
    private readonly ILogger _log;
    private readonly DroppedReplies _replies = new();
    private readonly List<RequestCopy> _queued = [];
    private bool _isInTransaction;

    public ReplaySession(Executor executor, ILogger log) : base(executor.Keyspace.Databases[0], 0)
    {
        (_executor, _log) = (executor, log);
        Targets = ChangeTargets.None;
        OwnPolicy = ExpiryPolicy.Ignore;
        IsRepeating = true;
    }

    public override string Address => "";

    public override ReplySink Replies => _replies;

    /// <summary>Another file begins.</summary>
    public void BeginFile()
    {
        Database = _executor.Keyspace.Databases[0];
        Forget();
    }

    /// <summary>Runs the requests of a batch. Null, or the name of a command that is none.</summary>
    public string? Run(RequestBatch batch)
    {
        batch.Prepare(batch.Input, _executor.Commands, Database);
        var call = new Call(_executor, this, _replies);
        for (var i = 0; i < batch.Count; i++)
        {
            batch.Begin(i, batch.Input, ref call);
            if (!TryTake(ref call)) return ByteText.FromBytes(ByteText.UpToNul(call.Args[0]));
        }
        call.Reply.Flush();
        return null;
    }

    /// <summary>Runs one request. Null, or the name of a command that is none.</summary>
    public string? Run(Arguments arguments)
    {
        var call = new Call(_executor, this, _replies);
        call.Begin(arguments, _executor.Commands.Find(arguments));
        var isCommand = TryTake(ref call);
        call.Reply.Flush();
        return isCommand ? null : ByteText.FromBytes(ByteText.UpToNul(arguments[0]));
    }

    private bool TryTake(ref Call call)
    {
        if (call.Command is { Handler: null, Subcommands.Length: 0 }) return false;
        if (call.Command.Name == "multi")
        {
            _isInTransaction = true;
        }
        else if (call.Command.Has(CommandFlags.Commits))
        {
            RunQueued();
        }
        else if (_isInTransaction)
        {
            _queued.Add(new(call.Args, _executor.Keyspace.Allocator, Purpose.Other));
        }
        else
        {
            Run(ref call);
        }
        return true;
    }

    private void RunQueued()
    {
        var call = new Call(_executor, this, _replies);
        foreach (var request in _queued)
        {
            call.Begin(request.Arguments, _executor.Commands.Find(request.Arguments));
            Run(ref call);
        }
        call.Reply.Flush();
        Forget();
    }

    private void Run(ref Call call)
    {
        _replies.Begin();
        _executor.Replay(ref call);
        if (call.Failed)
        {
            call.Reply.Flush();
            _log.LogWarning("== CRITICAL == This server is sending an error to its AOF-loading-client: '{Error}' after processing the command '{Command}'", _replies.Beginning, call.Command.FullName);
        }
        if (Blocked is not null) _executor.BlockedClients.Remove(this);
    }

    /// <summary>What was queued and will not be run.</summary>
    private void Forget()
    {
        foreach (var request in _queued) request.Dispose();
        _queued.Clear();
        _isInTransaction = false;
    }

    public void Dispose() => Forget();

    /// <summary>Keeps nothing but the beginning of the last reply.</summary>
    private sealed class DroppedReplies : ReplySink
    {
        private const int ShownMax = 256;

        private readonly byte[] _shown = new byte[ShownMax];
        private byte[] _room = new byte[4096];
        private int _length;

        public void Begin() => _length = 0;

        /// <summary>Without the type and the line's end.</summary>
        public string Beginning => _length == 0 ? "" : ByteText.ToShown(ByteText.FromBytes(_shown.AsSpan(1, _length - 1).TrimEnd("\r\n"u8)));

        public override Span<byte> Reserve(int bytes)
        {
            if (_room.Length < bytes) _room = new byte[bytes];
            return _room;
        }

        public override void Commit(int bytes)
        {
            var shown = Math.Min(bytes, ShownMax - _length);
            _room.AsSpan(0, shown).CopyTo(_shown.AsSpan(_length));
            _length += shown;
        }
    }
}
