namespace Carnelian.Tests;

/// <summary>A connection of a kind of its own: nothing but requests and replies, and a look at the requests as they came.</summary>
internal sealed class TestSession(TestHost host, Lane lane, Connection connection, long id)
    : ConnectionSession(host, lane, connection, host.Keyspace.Databases[0], id)
{
    /// <summary>Requests as they came, each with the stream's offset behind it.</summary>
    public List<(byte[] Request, long Offset)> Tapped { get; } = [];

    public bool Taps { get; init; }

    public override bool TapsRequests => Taps;

    protected override void OnRequest(ReadOnlySpan<byte> request, long offset) => Tapped.Add((request.ToArray(), offset));

    protected override long ObjectBytes => 500;

    public override ClientClass Class => ClientClass.PubSub;

    protected override OutputBufferLimit OutputLimit => default;

    protected override void OnPeerGone(string? error) => host.Close(this);

    protected override void OnInputOverLimit() => host.Close(this);

    protected override void OnOutputOverLimit() => host.Close(this);

    protected override void OnAllSent() => host.Close(this);

    protected override void OnLingering() => host.Close(this);
}
