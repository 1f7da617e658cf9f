using System.Net;

namespace Carnelian;

/// <summary>
/// A connection that this server opens to another one, to send requests and take replies: the command thread's half, as a session is of a connection that
/// came; the lane's is <see cref="LinkEnd"/>. Whoever uses it watches the clock: a link waits without limit.
/// <code>
/// link.Connect(host, port)     later: OnEstablished, or OnGone
/// write to link.Output; link.Send()     later: OnSent, OnReply, and OnGone when it fails
/// </code>
/// </summary>
public sealed class OutgoingLink
{
    /// <summary>A longer reply is taken for nonsense, and ends the link.</summary>
    internal const int ReplyBytesMax = 1 << 20;

    private readonly World _world;
    private readonly LinkEnd _end;

    public OutgoingLink(World world, Lane lane, OutputChunks chunks, ILinkOwner owner)
    {
        (_world, Owner) = (world, owner);
        Output = new(chunks);
        _end = new(lane, this);
    }

    /// <summary>Who hears of the link; another one may take it over.</summary>
    public ILinkOwner Owner { get; set; }

    /// <summary>Where requests are written. They leave with <see cref="Send"/>.</summary>
    public OutputBuffer Output { get; }

    /// <summary>The other server has accepted the connection, whatever became of it since.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>The host's name is known, or was an address.</summary>
    public bool HasAddresses { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>Begins to connect: to the host's addresses one after the other until one answers. The owner hears later what came of it.</summary>
    /// <param name="host">A name or an address.</param>
    public void Connect(string host, int port)
    {
        if (IPAddress.TryParse(host, out var address)) Connect([address], port);
        else _world.Workers.Post(WorkerQueue.NameLookup, new HostLookup(_world.Network, host, addresses => Connect(addresses, port)));
    }

    private void Connect(IPAddress[] addresses, int port)
    {
        if (IsClosed) return;
        HasAddresses = addresses.Length > 0;
        if (!HasAddresses) OnGone("The name is unknown");
        else _end.Connect(addresses, port);
    }

    /// <summary>Hands over all that has been written.</summary>
    public void Send()
    {
        var bytes = Output.Length - Output.HandedOver;
        if (!IsClosed && bytes > 0) _end.Send(bytes, Output.HandOver(bytes));
    }

    /// <summary>Closes the link; its owner hears nothing more of it.</summary>
    public void Close()
    {
        if (IsClosed) return;
        IsClosed = true;
        _end.Close();
    }

    // ---- what the lane tells

    internal void OnEstablished()
    {
        if (IsClosed) return;
        IsEstablished = true;
        Owner.OnEstablished(this);
    }

    internal void OnReply(ReadOnlySpan<byte> reply)
    {
        if (!IsClosed) Owner.OnReply(this, reply);
    }

    internal void OnSent(long bytes)
    {
        if (IsClosed) return;
        Output.Sent(bytes);
        Owner.OnSent(this);
    }

    internal void OnGone(string error)
    {
        if (IsClosed) return;
        IsClosed = true;
        Owner.OnGone(this, error);
        _end.Close();
    }

    /// <summary>The lane's last answer: it sends no more.</summary>
    internal void OnClosed() => Output.Clear();
}
