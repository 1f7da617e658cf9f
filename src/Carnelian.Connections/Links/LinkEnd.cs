using System.Net;

namespace Carnelian;

/// <summary>The lane's half of an <see cref="OutgoingLink"/>: connects, sends, and cuts what comes into replies.</summary>
internal sealed class LinkEnd(Lane lane, OutgoingLink link)
{
    private const int KeptBytesMin = 1024;

    /// <summary>The beginning of a reply that is not whole yet.</summary>
    private readonly OwnedBlock _kept = new(lane.Memory, 0, Purpose.ClientInput);
    private int _keptBytes;

    private ReplyFraming _framing = new(OutgoingLink.ReplyBytesMax);
    private OutputCursor _sending;
    private Connection? _connection;
    private IPEndPoint[] _remotes = [];
    private int _nextRemote;
    private bool _isEstablished, _isClosed;

    // ---- connecting

    public void Connect(IPAddress[] addresses, int port)
    {
        _remotes = Array.ConvertAll(addresses, address => new IPEndPoint(address, port));
        if (lane.IsInline) ConnectNext();
        else lane.ToLane(ConnectNext);
    }

    private void ConnectNext()
    {
        if (_isClosed) return;
        _connection = lane.Connect(_remotes[_nextRemote++]);
        _connection.Owner = this;
    }

    /// <summary>Looks how connecting goes. True when it is done.</summary>
    private bool IsConnected()
    {
        if (_isEstablished) return true;
        if (_connection!.IsEstablished)
        {
            _isEstablished = true;
            _connection.WatchWritable = false;
            if (lane.IsInline) link.OnEstablished();
            else lane.ToCommands(link.OnEstablished);
            return !_isClosed;
        }
        if (_connection.Error is not { } error) return false;
        _connection.Close();
        if (_nextRemote < _remotes.Length) ConnectNext();
        else Fail(error);
        return false;
    }

    // ---- receiving

    public void OnReadable()
    {
        if (_isClosed || !IsConnected()) return;
        var room = lane.ReadBuffer.Span;
        var received = _connection!.Receive(room);
        if (received == Connection.WouldBlock) return;
        if (received <= 0)
        {
            Fail(received == 0 ? "The other server has closed the connection" : _connection.Error ?? "The connection has failed");
            return;
        }
        if (_keptBytes == 0) Take(room[..received]);
        else TakeBehindKept(room[..received]);
    }

    private void TakeBehindKept(ReadOnlySpan<byte> bytes)
    {
        Keep(bytes);
        var all = _keptBytes;
        _keptBytes = 0;
        Take(_kept.Span[..all]);
    }

    /// <summary>Cuts what has come into replies, and keeps the rest.</summary>
    private void Take(Span<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && _framing.TryNext(bytes[at..], out var length))
        {
            Tell(bytes.Slice(at, length));
            if (_isClosed) return;
            at += length;
        }
        if (_framing.Error is { } error) Fail(error);
        else if (at == bytes.Length) _kept.Dispose();
        else if (_kept.Length == 0) Keep(bytes[at..]);
        else
        {
            bytes[at..].CopyTo(_kept.Span);
            _keptBytes = bytes.Length - at;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var needed = _keptBytes + bytes.Length;
        if (_kept.Length < needed) _kept.Resize(Math.Max(KeptBytesMin, 2 * needed), _keptBytes);
        bytes.CopyTo(_kept.Span[_keptBytes..]);
        _keptBytes = needed;
    }

    private void Tell(ReadOnlySpan<byte> reply)
    {
        if (lane.IsInline)
        {
            link.OnReply(reply);
            return;
        }
        var copy = reply.ToArray();
        lane.ToCommands(() => link.OnReply(copy));
    }

    // ---- sending

    /// <summary>So many bytes more may leave.</summary>
    /// <param name="begin">The chunk in which they begin.</param>
    public void Send(long bytes, OutputChunk begin)
    {
        if (lane.IsInline) SendMore(bytes, begin);
        else lane.ToLane(() => SendMore(bytes, begin));
    }

    private void SendMore(long bytes, OutputChunk begin)
    {
        if (_isClosed) return;
        _sending.Add(bytes, begin);
        SendNow();
    }

    public void OnWritable()
    {
        if (!_isClosed && IsConnected()) SendNow();
    }

    private void SendNow()
    {
        var sent = _sending.Send(_connection!, lane.UnsentParts, out var failed);
        if (failed)
        {
            Fail(_connection!.Error ?? "The connection has failed");
            return;
        }
        _connection!.WatchWritable = !_sending.IsIdle;
        if (sent == 0) return;
        if (lane.IsInline) link.OnSent(sent);
        else lane.ToCommands(() => link.OnSent(sent));
    }

    // ---- the end

    private void Fail(string error)
    {
        if (lane.IsInline)
        {
            link.OnGone(error);
            return;
        }
        // Until the command thread closes it nothing more is to be heard of it.
        if (!_connection!.IsClosed) _connection.WatchReadable = _connection.WatchWritable = false;
        lane.ToCommands(() => link.OnGone(error));
    }

    public void Close()
    {
        if (lane.IsInline) CloseNow();
        else lane.ToLane(CloseNow);
    }

    private void CloseNow()
    {
        _isClosed = true;
        _sending.Clear();
        _kept.Dispose();
        _keptBytes = 0;
        _connection?.Close();
        if (lane.IsInline) link.OnClosed();
        else lane.ToCommands(link.OnClosed);
    }
}
