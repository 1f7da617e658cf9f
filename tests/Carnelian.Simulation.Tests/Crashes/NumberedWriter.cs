using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// A client that writes operations that are numbered from 0, so that what a server has must be the state behind some number of them. Each is whole or not
/// there: a push, a string, or a transaction of three commands.
/// </summary>
/// <param name="begun">How many operations the server has of it when it begins.</param>
/// <param name="least">How many of those are known to be durable.</param>
internal sealed class NumberedWriter(int client, SimulatedPeer peer, long begun, long least, long beganMs)
{
    private const int Names = 8;

    private readonly MemoryStream _received = new();
    private readonly List<(long Ms, long Count)> _acknowledgements = [];
    private readonly long _first = begun;
    private int _repliesOfOne;

    public long Sent { get; private set; } = begun;

    /// <summary>Operations that it was told are done.</summary>
    public long Acknowledged { get; private set; } = begun;

    /// <summary>An error reply, if one came.</summary>
    public string? Failure { get; private set; }

    public bool IsClosed => peer.HasEnded || peer.Error is not null;

    public void Send(int operations)
    {
        for (; operations > 0; operations--)
            foreach (var request in Operation(Sent++)) peer.Send(RequestMaker.Encode(request));
    }

    private string[][] Operation(long n) => (n % 3) switch
    {
        0 => [["RPUSH", $"log:{client}", $"{n}"]],
        1 => [["SET", $"value:{client}:{n % Names}", Value(n)]],
        _ => [["MULTI"], ["INCR", $"one:{client}"], ["HSET", $"hash:{client}", $"{n % Names}", $"{n}"], ["INCR", $"two:{client}"], ["EXEC"]],
    };

    private static string Value(long n) => $"{n}-" + new string('x', (int)(n * 37 % 300));

    /// <summary>Looks at the replies that have come.</summary>
    public void Receive(long nowMs)
    {
        _received.Write(peer.TakeReceived());
        var bytes = _received.GetBuffer().AsSpan(0, (int)_received.Length);
        var used = 0;
        while (RespValue.Read(bytes[used..], out var length) is { } reply)
        {
            used += length;
            if (reply.IsError || Array.Exists(reply.Items, item => item.IsError)) Failure ??= reply.ToString();
            if (Failure is not null || ++_repliesOfOne < (Acknowledged % 3 == 2 ? 5 : 1)) continue;
            _repliesOfOne = 0;
            Acknowledged++;
            _acknowledgements.Add((nowMs, Acknowledged));
        }
        var rest = bytes[used..].ToArray();
        _received.SetLength(0);
        _received.Write(rest);
    }

    /// <summary>When it was told last that one is done.</summary>
    public long LastMs => _acknowledgements.Count == 0 ? 0 : _acknowledgements[^1].Ms;

    /// <summary>Of how many operations it knew that they are safe: what its own server acknowledged makes durable what was there before, too.</summary>
    public long Promised => _acknowledgements.Count == 0 ? least : Acknowledged;

    /// <summary>Of how many operations it, or who wrote before it, knew at a moment.</summary>
    public long PromisedAt(long ms)
    {
        if (ms < beganMs) return least;
        return _acknowledgements.FindLast(one => one.Ms <= ms) is { Count: > 0 } last ? last.Count : _first;
    }

    /// <summary>Behind how many operations a server's data are, of this client's.</summary>
    /// <exception cref="AssertionException">Behind no number of them, or not one from the smallest to the largest that is allowed.</exception>
    public static long Find(DirectSession session, int client, long least, long most)
    {
        var found = Shown(session, client);
        var pushes = session.Run($"LLEN log:{client}").Integer;
        for (var count = Math.Max(0, 3 * pushes - 3); count <= 3 * pushes + 1; count++)
        {
            if (found != Expected(client, count)) continue;
            // A number at the edge may stand for the next one too, where that changes nothing that is to be seen.
            if (count < least) throw new AssertionException($"client {client}: {least} operations were to last, {count} are left");
            if (count > most) throw new AssertionException($"client {client}: {most} operations were sent, {count} are there");
            return count;
        }
        throw new AssertionException($"client {client}: no number of operations leads to\n{found}");
    }

    private static string Shown(DirectSession session, int client)
    {
        var text = new StringBuilder();
        text.AppendJoin(' ', session.Run($"LRANGE log:{client} 0 -1").Items.Select(item => item.Text)).Append('\n');
        for (var i = 0; i < Names; i++) text.Append(session.Run($"GET value:{client}:{i}").Text ?? "none").Append(' ');
        text.Append('\n').Append(session.Run($"GET one:{client}").Text ?? "0").Append(' ').Append(session.Run($"GET two:{client}").Text ?? "0").Append('\n');
        for (var i = 0; i < Names; i++) text.Append(session.Run($"HGET hash:{client} {i}").Text ?? "none").Append(' ');
        return text.ToString();
    }

    private static string Expected(int client, long count)
    {
        var (values, fields) = (new string[Names], new string[Names]);
        Array.Fill(values, "none");
        Array.Fill(fields, "none");
        var log = new List<string>();
        for (long n = 0; n < count; n++)
        {
            if (n % 3 == 0) log.Add($"{n}");
            else if (n % 3 == 1) values[n % Names] = Value(n);
            else fields[n % Names] = n.ToString(CultureInfo.InvariantCulture);
        }
        return $"{string.Join(' ', log)}\n{string.Join(' ', values)} \n{count / 3} {count / 3}\n{string.Join(' ', fields)} ";
    }
}
