namespace Carnelian;

/// <summary>A <see cref="Dialog"/> over the connection of the session, past its output. The command thread's part; the lane's is in <see cref="Intake"/>.</summary>
internal sealed class ConnectionDialog : Dialog
{
    /// <summary>More than anybody says at once; what comes beyond is lost.</summary>
    private const int HeardBytesMax = 2 << 20;

    /// <summary>Who takes nothing for so long is not waited for any more, as in Redis.</summary>
    private const long PatienceMs = 5000;

    /// <summary>How often a connection is tried that takes nothing at present.</summary>
    private const int RetryMs = 10;

    private readonly ConnectionSession _session;
    private readonly Intake _intake;
    private byte[] _heard = [];
    private int _taken;
    private bool _isSilent, _isDeaf;

    public ConnectionDialog(ConnectionSession session, Intake intake)
    {
        (_session, _intake) = (session, intake);
        _intake.Listen(this);
    }

    public override ReadOnlySpan<byte> Heard => _heard.AsSpan(_taken);

    public override bool HasEnded => _isSilent || IsDeaf;

    /// <summary>Nothing more reaches the client. One that has ended its own direction only may still listen.</summary>
    private bool IsDeaf => _isDeaf || _session.IsClosed;

    public override void Take(int bytes) => _taken += bytes;

    /// <summary>The lane has received something; nothing: the peer has gone.</summary>
    public void OnHeard(byte[] bytes)
    {
        _isSilent |= bytes.Length == 0;
        if (_heard.Length - _taken > HeardBytesMax) return;
        _heard = [.. Heard, .. bytes];
        _taken = 0;
    }

    public override void Tell(ReadOnlySpan<byte> bytes)
    {
        ReadOnlyMemory<byte> rest = bytes.ToArray();
        var executor = _session.Host.Executor;
        var deadlineMs = _session.Host.MonotonicMs + PatienceMs;
        while (rest.Length > 0 && !IsDeaf)
        {
            int? sent = null;
            _intake.SendAside(rest, answer => sent = answer);
            while (sent is null) executor.TurnInside(waitMs: 1);
            if (sent > 0)
            {
                rest = rest[sent.Value..];
                deadlineMs = _session.Host.MonotonicMs + PatienceMs;
            }
            else if (sent == Connection.Failed || _session.Host.MonotonicMs >= deadlineMs) _isDeaf = true;
            else executor.TurnInside(RetryMs);
        }
    }

    public override void Dispose() => _intake.Listen(null);
}
