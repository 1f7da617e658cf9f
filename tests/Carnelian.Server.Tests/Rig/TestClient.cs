using System.Text;

namespace Carnelian.Tests;

/// <summary>A client of a <see cref="SimulatedServer"/>.</summary>
internal sealed class TestClient(SimulatedServer server, SimulatedPeer peer)
{
    private byte[] _buffer = [];
    private int _used;

    public SimulatedPeer Peer { get; } = peer;

    /// <summary>The server's side of this connection; null before it was accepted and after it was closed.</summary>
    public Client? Served
    {
        get
        {
            if (SimulatedServer.IsLaneApart) server.Settle();
            return server.Server.Clients.FirstOrDefault(client => client.Address == Peer.LocalAddress);
        }
    }

    public bool IsClosed => Peer.HasEnded || Peer.Error is not null;

    public string Run(params string[] arguments)
    {
        Send(arguments);
        return Read();
    }

    public RespValue RunValue(params string[] arguments)
    {
        Send(arguments);
        return ReadValue();
    }

    public void Send(params string[] arguments) => SendRaw(Request(arguments));

    /// <summary>Latin-1: one byte per character.</summary>
    public void SendRaw(string bytes) => SendRaw(Encoding.Latin1.GetBytes(bytes));

    public void SendRaw(ReadOnlySpan<byte> bytes) => Peer.Send(bytes);

    /// <summary>Waits for the next reply.</summary>
    public string Read() => TestReply.Show(ReadValue());

    public RespValue ReadValue()
    {
        RespValue? value = null;
        server.TurnUntil(() => TryRead(out value) || IsClosed);
        if (value is null && !TryRead(out value)) Assert.Fail($"the connection ended before a reply came ({Peer.Error ?? "closed"})");
        return value!;
    }

    public string[] Read(int replies)
    {
        var read = new string[replies];
        for (var i = 0; i < replies; i++) read[i] = Read();
        return read;
    }

    /// <summary>Replies that have come already.</summary>
    public string[] Arrived()
    {
        var arrived = new List<string>();
        while (TryRead(out var value)) arrived.Add(TestReply.Show(value!));
        return [.. arrived];
    }

    /// <summary>Waits for the end of the stream; what came before it, as it is.</summary>
    public string ReadToEnd()
    {
        server.TurnUntil(() => IsClosed);
        Take();
        return Encoding.Latin1.GetString(_buffer, 0, _used);
    }

    /// <summary>Waits for so many bytes, as they are.</summary>
    public string ReadRaw(int bytes)
    {
        server.TurnUntil(() => Take() >= bytes || IsClosed);
        var text = Encoding.Latin1.GetString(_buffer, 0, bytes);
        Drop(bytes);
        return text;
    }

    private bool TryRead(out RespValue? value)
    {
        Take();
        value = RespValue.Read(_buffer.AsSpan(0, _used), out var length);
        if (value is not null) Drop(length);
        return value is not null;
    }

    private int Take()
    {
        var bytes = Peer.TakeReceived();
        if (_buffer.Length - _used < bytes.Length) Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _used + bytes.Length));
        bytes.CopyTo(_buffer, _used);
        return _used += bytes.Length;
    }

    private void Drop(int bytes)
    {
        _buffer.AsSpan(bytes, _used - bytes).CopyTo(_buffer);
        _used -= bytes;
    }

    /// <summary>A request as bytes.</summary>
    public static byte[] Request(params string[] arguments) => Request(Array.ConvertAll(arguments, Encoding.UTF8.GetBytes));

    public static byte[] Request(params byte[][] arguments)
    {
        var bytes = new List<byte>();
        bytes.AddRange(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (var argument in arguments)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            bytes.AddRange(argument);
            bytes.AddRange("\r\n"u8);
        }
        return [.. bytes];
    }
}

/// <summary>Replies in one line, so that tests read well.</summary>
internal static class TestReply
{
    /// <summary>
    /// <c>+OK</c>, <c>-ERR …</c>, <c>:5</c>, <c>"bulk"</c>, <c>nil</c>, <c>[1, 2]</c>, <c>{key: value}</c>, <c>~[set]</c>, <c>=txt:text</c>,
    /// <c>#t</c>, <c>,1.5</c>; a push begins with &gt;.
    /// </summary>
    public static string Show(RespValue value) => value.Kind switch
    {
        RespKind.Null => "nil",
        RespKind.Bulk => $"\"{value.Text}\"",
        RespKind.Array => $"[{string.Join(", ", value.Items.Select(Show))}]",
        RespKind.Set => $"~[{string.Join(", ", value.Items.Select(Show))}]",
        RespKind.Push => $">[{string.Join(", ", value.Items.Select(Show))}]",
        RespKind.Map => $"{{{string.Join(", ", value.Items.Chunk(2).Select(pair => $"{Show(pair[0])}: {Show(pair[1])}"))}}}",
        _ => $"{(char)value.Kind}{value.Text}",
    };
}
