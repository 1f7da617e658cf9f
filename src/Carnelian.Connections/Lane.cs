using System.Net;

namespace Carnelian;

/// <summary>
/// Everything that one thread needs to receive, parse and send for its connections: poller, read buffer, batches, spare lists, and the memory that they
/// are made of. There is one at present, on the command thread; nothing takes that for granted: what passes between a lane and the command thread is
/// handed over (<see cref="HandOvers"/>), and done at once where both are the same thread.
/// </summary>
public sealed class Lane : INetworkHandler, IDisposable
{
    /// <summary>Bytes that one read takes at the most.</summary>
    public const int ReadBytes = 64 * 1024;

    /// <summary>A turn that has read so much reads only a share of each further connection, so that none waits long behind large values of many.</summary>
    private const int TurnInputBytes = 1 << 20, InputShareBytes = 16 << 10;

    private readonly IConnectionHost _host;
    private readonly Network _poller;
    private readonly HandOvers _handOvers;
    private readonly Stack<ArgumentList> _spareArguments = new();
    private readonly Stack<RequestBatch> _spareBatches = new();
    private long _inputBytesAtTurn;

    /// <param name="memory">Of what is received and not yet run.</param>
    public Lane(IConnectionHost host, Network poller, HandOvers handOvers, BlockAllocator memory, RequestLimits limits, LaneTraffic traffic)
    {
        (_host, _poller, _handOvers, Memory, Limits, Traffic) = (host, poller, handOvers, memory, limits, traffic);
        ReadBuffer = new(memory, IntakeBuffer.SharedTailMax + ReadBytes, Purpose.ClientInput);
    }

    internal BlockAllocator Memory { get; }

    internal RequestLimits Limits { get; }

    internal LaneTraffic Traffic { get; }

    /// <summary>
    /// The lane is on the command thread: requests run where they were received, in the buffer that all connections share. (A block for each would cost
    /// 5 to 10% of the CPU.)
    /// </summary>
    internal bool IsInline => _handOvers.AreImmediate;

    internal OwnedBlock ReadBuffer { get; private set; }

    internal UnsentParts UnsentParts { get; } = new();

    public int ReadBufferBytes => ReadBuffer.Length;

    /// <summary>How many bytes a connection may be read at a time now, where it has a buffer of its own.</summary>
    internal int InputShare => Traffic.ReceivedBytes - _inputBytesAtTurn < TurnInputBytes ? int.MaxValue : InputShareBytes;

    /// <summary>Waits until connections are ready or the time is over, and serves those that are.</summary>
    public void Turn(int timeoutMilliseconds)
    {
        _inputBytesAtTurn = Traffic.ReceivedBytes;
        _poller.Turn(this, timeoutMilliseconds);
    }

    /// <summary>A turn in the midst of another one's request, which lies in the read buffer: this one reads into another.</summary>
    public void TurnInside(int timeoutMilliseconds)
    {
        var outer = ReadBuffer;
        using var inner = new OwnedBlock(Memory, outer.Length, Purpose.ClientInput);
        ReadBuffer = inner;
        try
        {
            Turn(timeoutMilliseconds);
        }
        finally
        {
            ReadBuffer = outer;
        }
    }

    void INetworkHandler.OnAccepted(Connection connection, Listener listener)
    {
        if (IsInline)
        {
            _host.OnAccepted(this, connection, listener);
            return;
        }
        // Until there is somebody who takes it.
        connection.WatchReadable = false;
        ToCommands(() => _host.OnAccepted(this, connection, listener));
    }

    void INetworkHandler.OnAcceptFailed(Listener listener, string error) => _host.OnAcceptFailed(listener, error);

    void INetworkHandler.OnReadable(Connection connection)
    {
        if (connection.Owner is Intake intake) intake.OnReadable();
        else (connection.Owner as LinkEnd)?.OnReadable();
    }

    void INetworkHandler.OnWritable(Connection connection)
    {
        if (connection.Owner is Intake intake) intake.OnWritable();
        else (connection.Owner as LinkEnd)?.OnWritable();
    }

    /// <summary>Begins a connection to somewhere else.</summary>
    internal Connection Connect(EndPoint remote) => _poller.Connect(remote);

    // ---- hand-overs

    internal void ToCommands(Action work) => _handOvers.ToCommands(work);

    internal void ToLane(Action work) => _handOvers.ToLane(work);

    // ---- spares

    internal RequestBatch TakeBatch() => _spareBatches.TryPop(out var batch) ? batch : new();

    internal void Return(RequestBatch batch) => _spareBatches.Push(batch);

    /// <summary>Lists for requests that come in pieces: as many as ever were incomplete at once.</summary>
    internal ArgumentList TakeArguments() => _spareArguments.TryPop(out var arguments) ? arguments : new();

    internal void Return(ArgumentList arguments)
    {
        arguments.Clear();
        _spareArguments.Push(arguments);
    }

    /// <summary>Gives back what is kept for use again.</summary>
    public void Trim()
    {
        _spareArguments.Clear();
        _spareArguments.TrimExcess();
    }

    public void Dispose() => ReadBuffer.Dispose();
}

/// <summary>What a lane has received and sent.</summary>
public sealed class LaneTraffic
{
    public long ReceivedBytes { get; private set; }

    public long SentBytes { get; private set; }

    public long Reads { get; private set; }

    public long Writes { get; private set; }

    internal void CountRead(int bytes)
    {
        Reads++;
        ReceivedBytes += bytes;
    }

    internal void CountWrite(long bytes)
    {
        Writes++;
        SentBytes += bytes;
    }

    public void Reset() => ReceivedBytes = SentBytes = Reads = Writes = 0;
}
