using System.Text;

namespace Carnelian.Tests;

/// <summary>The other end of a connection: sends requests, gathers replies.</summary>
internal sealed class TestPeer(TestHost host)
{
    private byte[] _received = [];
    private int _read;

    public SimulatedPeer Peer { get; } = host.Connect();

    public List<RespValue> Replies { get; } = [];

    public bool IsClosed => Peer.HasEnded || Peer.Error is not null;

    public static byte[] Request(params string[] arguments)
    {
        var text = new StringBuilder($"*{arguments.Length}\r\n");
        foreach (var argument in arguments) text.Append($"${argument.Length}\r\n{argument}\r\n");
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    public void Send(params string[] arguments) => Peer.Send(Request(arguments));

    /// <summary>Gathers what has arrived.</summary>
    public void Take()
    {
        _received = [.. _received, .. Peer.TakeReceived()];
        var at = 0;
        for (; RespValue.Read(_received.AsSpan(at), out var length) is { } value; at += length) Replies.Add(value);
        _received = _received[at..];
    }

    /// <summary>The next reply.</summary>
    public RespValue Read()
    {
        host.TurnUntil(() =>
        {
            Take();
            return Replies.Count > _read || IsClosed;
        });
        return Replies[_read++];
    }

    public RespValue Run(params string[] arguments)
    {
        Send(arguments);
        return Read();
    }
}
