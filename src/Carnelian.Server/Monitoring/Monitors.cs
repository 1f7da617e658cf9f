namespace Carnelian;

/// <summary>
/// Clients that have said MONITOR, who are shown the calls of all. A line is encoded once: a short one is copied into each output, a longer one is stored once and
/// referred to. Their outputs are limited like those of other clients, so that who does not read is cut off.
/// </summary>
internal sealed class Monitors(Server server) : Observer(Gates.Monitor)
{
    /// <summary>Longer lines are referred to.</summary>
    private const int CopiedBytesMax = 1024;

    private readonly List<Client> _all = [];
    private readonly byte[] _room = new byte[CopiedBytesMax];

    public void Add(Client client)
    {
        client.IsMonitor = true;
        client.ClosedGates |= Gates.MonitorMode;
        server.Executor.ClosedGates |= Bit;
        _all.Add(client);
    }

    /// <summary>RESET, the end of the client.</summary>
    public void Remove(Client client)
    {
        if (!client.IsMonitor) return;
        client.IsMonitor = false;
        client.ClosedGates &= ~Gates.MonitorMode;
        _all.Remove(client);
        if (_all.Count == 0) server.Executor.ClosedGates &= ~Bit;
    }

    /// <summary>What runs a script is shown before the calls of the script.</summary>
    public override void OnCalling(ref Call call)
    {
        if (call.Command.Has(CommandFlags.SkipMonitor)) Show(ref call);
    }

    /// <summary>Who waited was shown when it began to wait.</summary>
    public override void OnCalled(ref Call call)
    {
        if (!call.IsRunAgain && !call.Command.Has(CommandFlags.SkipMonitor | CommandFlags.Admin)) Show(ref call);
    }

    /// <summary>MULTI was shown: so that it is seen to be over.</summary>
    public override void OnCommitRefused(ref Call call) => Show(ref call);

    private void Show(ref Call call)
    {
        Span<byte> room = stackalloc byte[MonitorLine.HeadBytesMax];
        var head = room[..WriteHead(ref call, room)];
        var bytes = head.Length + MonitorLine.MeasureArguments(ref call);
        // Nobody gets a line that is longer than a block can be.
        if (bytes <= CopiedBytesMax) Copy(ref call, head, (int)bytes);
        else if (bytes <= Array.MaxLength) Refer(ref call, head, (int)bytes);
    }

    private int WriteHead(ref Call call, scoped Span<byte> room)
    {
        var moment = server.World.Clock.UnixMicroseconds;
        var database = call.Database.Number;
        // A script's calls use a session of its own.
        if (call.IsOfScript) return MonitorLine.WriteHead(room, moment, database, "", "lua");
        return call.Session is Client { IsOnUnixSocket: true }
            ? MonitorLine.WriteHead(room, moment, database, "unix:", server.Options.UnixSocket)
            : MonitorLine.WriteHead(room, moment, database, "", call.Session.Address);
    }

    private void Copy(ref Call call, scoped ReadOnlySpan<byte> head, int bytes)
    {
        var line = _room.AsSpan(0, bytes);
        Write(ref call, head, line);
        foreach (var client in _all)
        {
            if (Hears(client)) client.Push(line);
        }
    }

    private void Refer(ref Call call, scoped ReadOnlySpan<byte> head, int bytes)
    {
        var line = server.Clients.OutputChunks.Share(bytes);
        Write(ref call, head, line.Room);
        foreach (var client in _all)
        {
            if (Hears(client)) client.Push(line);
        }
        line.Release();
    }

    /// <summary>Lines are replies: who wants none gets none. CLIENT REPLY SKIP concerns what comes behind it.</summary>
    private static bool Hears(Client client) => !client.Output.IsMuted || (client.IsRunning && (client.Modes & ClientModes.SkipsReply) != 0);

    private static void Write(ref Call call, scoped ReadOnlySpan<byte> head, scoped Span<byte> line)
    {
        head.CopyTo(line);
        MonitorLine.WriteArguments(ref call, line[head.Length..]);
    }
}

/// <summary>Who monitors must not touch the keyspace: a pause does not hold it up. Closed for each while it does.</summary>
internal sealed class MonitorGate() : Gate(Gates.MonitorMode)
{
    private const CommandFlags OnKeyspace = CommandFlags.Write | CommandFlags.ReadOnly | CommandFlags.MayReplicate;

    public override GateAnswer Ask(ref Call call)
    {
        if ((call.Flags & OnKeyspace) == 0) return GateAnswer.Admitted;
        call.Fail("ERR Replica can't interact with the keyspace");
        return GateAnswer.Answered;
    }
}
