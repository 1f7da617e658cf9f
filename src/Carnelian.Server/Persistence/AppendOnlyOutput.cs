namespace Carnelian;

/// <summary>
/// What the append-only file means for clients: replies that wait for it, requests that are refused or wait because of it. Brings the server's gates up to date whenever the file says that
/// something has changed.
/// </summary>
internal sealed class AppendOnlyOutput : Gate
{
    private readonly Server _server;
    private readonly UnreleasedKeys _unreleased;

    /// <summary>There is room again, and what waited is still to be run.</summary>
    private bool _hasRoom;

    public AppendOnlyOutput(Server server) : base(Gates.AppendOnly)
    {
        _server = server;
        _unreleased = new(server.Keyspace);
        server.Executor.AddGate(this);
        server.Executor.AddObserver(_unreleased);
        File.Changed = Refresh;
    }

    private AppendOnlyFile File => _server.AppendOnly;

    /// <summary>When <see cref="Turn"/> has something to do.</summary>
    public long DueMs => _hasRoom ? 0 : File.DueMs;

    /// <summary>Once a turn, when changes have been delivered.</summary>
    public void Turn()
    {
        if (_unreleased.IsOn) _unreleased.OnDelivered(_server.Keyspace.Changes.Offset);
        File.Turn();
    }

    /// <summary>Runs what waited for room. Between calls.</summary>
    /// <param name="goOn">Goes on with what a session has sent behind.</param>
    public void RunWaiting(Action<Session> goOn)
    {
        if (!_hasRoom) return;
        _hasRoom = false;
        _server.Executor.BlockedClients.Reopen(Bit, goOn);
    }

    private void Refresh()
    {
        var (outbox, executor) = (_server.Clients.Outbox, _server.Executor);
        var isGated = File.IsGated;
        _unreleased.IsOn = outbox.IsGated = outbox.KnowsReads = isGated;
        Close(Gates.UnreleasedReads, isGated);
        outbox.ReleasedOffset = isGated ? File.ReleasedOffset : long.MaxValue;
        if (isGated) _unreleased.OnReleased(File.ReleasedOffset);
        _hasRoom |= !File.IsFull && (executor.ClosedGates & Bit) != 0;
        Close(Bit, File.IsFull);
        _server.DiskErrors.Refresh();

        void Close(Gates gate, bool isClosed) => executor.ClosedGates = isClosed ? executor.ClosedGates | gate : executor.ClosedGates & ~gate;
    }

    /// <summary>More waits for the disk than may: who would add to it waits, too.</summary>
    public override GateAnswer Ask(ref Call call) =>
        call.MayBlock && (call.Flags & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0 ? GateAnswer.Later : GateAnswer.Admitted;
}
