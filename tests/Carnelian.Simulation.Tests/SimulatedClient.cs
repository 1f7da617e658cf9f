using System.Text;

namespace Carnelian.Tests;

/// <summary>One client of a <see cref="ServerSimulation"/>: what it sent, what it should be answered, what it was answered.</summary>
internal sealed class SimulatedClient(SimulatedPeer peer)
{
    private static ReadOnlySpan<byte> Refusal => "-ERR max number of clients reached\r\n"u8;

    private readonly Queue<MadeRequest> _unanswered = new();

    /// <summary>One of its requests was run: it is not among those that were one too many.</summary>
    private bool _hasRun;

    /// <summary>In order; null: any reply.</summary>
    private readonly List<string?> _expected = [];
    private readonly MemoryStream _received = new();

    public SimulatedPeer Peer { get; } = peer;

    public KeyspaceModel.ClientState State { get; } = new();

    public bool SendsNoMore { get; set; }

    /// <summary>Has closed or reset its connection, and hears no more.</summary>
    public bool HasLeft { get; set; }

    public bool IsClosed => Peer.HasEnded || Peer.Error is not null;

    public void Expect(MadeRequest request) => _unanswered.Enqueue(request);

    /// <summary>The server is about to run a request of this client: it must be the next one that it sent.</summary>
    public void OnRun(string[] arguments, KeyspaceModel model, long nowMs)
    {
        _hasRun = true;
        ExpectErrors();
        if (!_unanswered.TryDequeue(out var request)) throw new AssertionException($"the server runs {Show(arguments)}, which nobody has sent");
        if (!request.Arguments.AsSpan().SequenceEqual(arguments)) throw new AssertionException($"the server runs {Show(arguments)} where {Show(request.Arguments)} was sent");
        _expected.Add(model.Run(State, arguments, nowMs));
    }

    /// <summary>Requests that are refused before anything is run.</summary>
    private void ExpectErrors()
    {
        while (_unanswered.TryPeek(out var request) && request.Reply is not null) _expected.Add(_unanswered.Dequeue().Reply);
    }

    /// <summary>Whether all that was sent is answered.</summary>
    public bool IsDone()
    {
        Collect();
        if (_unanswered.Any(request => request.Reply is null)) return false;
        ExpectErrors();
        return Compare() == _received.Length && _next == _expected.Count;
    }

    /// <summary>What was received must be what is expected, or where the connection broke its beginning.</summary>
    public void Check()
    {
        Collect();
        ExpectErrors();
        var used = Compare();
        // The beginning of a refusal, behind which the connection fell silent.
        if (!_hasRun && Refusal.StartsWith(Rest(0))) return;
        if (used < _received.Length && _next == _expected.Count) throw new AssertionException($"more than the replies came: {Show(Encoding.Latin1.GetString(Rest(used)))}");
    }

    public override string ToString() => $"{_expected.Count} replies expected, {_next} received, {_unanswered.Count} requests not run, {_received.Length} bytes, "
        + $"unsent {Peer.Unsent}, {(Peer.HasEnded ? "ended" : Peer.Error ?? "open")}";

    private int _next;
    private int _compared;

    private void Collect() => _received.Write(Peer.TakeReceived());

    private ReadOnlySpan<byte> Rest(int from) => _received.GetBuffer().AsSpan(from, (int)_received.Length - from);

    /// <summary>Compares whole replies; the last may be cut.</summary>
    /// <returns>How many bytes were compared.</returns>
    private int Compare()
    {
        if (IsRefused()) return _compared = (int)_received.Length;
        for (; _next < _expected.Count && _compared < _received.Length; _next++)
        {
            var rest = Rest(_compared);
            int length;
            if (_expected[_next] is not { } expected)
            {
                if (RespValue.Read(rest, out length) is null) break;
            }
            else
            {
                var bytes = Encoding.Latin1.GetBytes(expected);
                length = bytes.Length;
                if (!rest[..Math.Min(rest.Length, length)].SequenceEqual(bytes.AsSpan(0, Math.Min(rest.Length, length))))
                    throw new AssertionException($"reply {_next} is {Show(Encoding.Latin1.GetString(rest[..Math.Min(rest.Length, 100)]))} and should be {Show(expected)}");
                if (rest.Length < length) break;
            }
            _compared += length;
        }
        return _compared;
    }

    /// <summary>It was one client too many; the answer to that may be cut.</summary>
    private bool IsRefused()
    {
        if (_hasRun || _received.Length == 0 || !Refusal.StartsWith(Rest(0))) return false;
        return IsClosed || Rest(0).StartsWith("-ERR m"u8);
    }

    private static string Show(string text) => text.Replace("\r", "\\r").Replace("\n", "\\n");

    private static string Show(string[] arguments) => Show(string.Join(' ', arguments));
}
