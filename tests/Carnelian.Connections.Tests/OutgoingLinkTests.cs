using System.Net;
using System.Text;

namespace Carnelian.Tests;

/// <summary>A server that talks with one of its kind: here with itself, so that both ends live in one world.</summary>
internal sealed class OutgoingLinkTests
{
    private const int Port = 6379;

    [Test]
    public void Requests_are_answered_in_order([Values] bool isApart, [Range(1, 20)] int seed)
    {
        using var host = new TestHost(isApart, (ulong)seed, conditions =>
        {
            conditions.ShortTransfersPerMillion = 500_000;
            conditions.PipeBytesMin = conditions.PipeBytesMax = 256;
        });
        var owner = new Owner(host);
        owner.Connect("127.0.0.1");
        for (var i = 0; i < 100; i++) owner.Request("SET", $"k{i}", new string('v', i * 10));
        for (var i = 0; i < 100; i++) owner.Request("GET", $"k{i}");
        host.TurnUntil(() => owner.Replies.Count == 200);
        for (var i = 0; i < 100; i++) Assert.That(owner.Replies[100 + i].Text, Is.EqualTo(new string('v', i * 10)));
        Assert.That(owner.Gone, Is.Null);
        owner.Close();
    }

    [Test]
    public void A_name_is_looked_up_and_its_addresses_are_tried_until_one_answers([Values] bool isApart)
    {
        using var host = new TestHost(isApart);
        host.World.Simulation.HostNames["other"] = [IPAddress.Parse("10.1.1.1"), IPAddress.Parse("127.0.0.2"), IPAddress.Loopback];
        var owner = new Owner(host);
        owner.Connect("other");
        owner.Request("TYPE", "k");
        host.TurnUntil(() => owner.Replies.Count == 1);
        Assert.That(owner.Replies[0].Text, Is.EqualTo("none"));
        owner.Close();
    }

    [TestCase("nobody", Port, "The name is unknown")]
    [TestCase("127.0.0.1", 7000, "Connection refused")]
    public void The_owner_is_told_why_there_is_no_connection(string name, int port, string error)
    {
        foreach (var isApart in (bool[])[false, true])
        {
            using var host = new TestHost(isApart);
            var owner = new Owner(host);
            owner.Connect(name, port);
            host.TurnUntil(() => owner.Gone is not null);
            Assert.That(owner.Gone, Is.EqualTo(error));
            Assert.That(owner.Link.IsClosed);
            host.TurnUntil(() => host.World.Workers.Pending == 0);
        }
    }

    [Test]
    public void The_owner_is_told_when_the_other_server_ends_the_connection([Values] bool isApart)
    {
        using var host = new TestHost(isApart);
        var owner = new Owner(host);
        owner.Connect("127.0.0.1");
        owner.Request("TYPE", "k");
        host.TurnUntil(() => owner.Replies.Count == 1);
        host.Close(host.Sessions[0]);
        host.TurnUntil(() => owner.Gone is not null);
        Assert.That(owner.Gone, Is.EqualTo("The other server has closed the connection"));
    }

    [Test]
    public void What_is_no_reply_ends_the_link([Values] bool isApart)
    {
        using var host = new TestHost(isApart);
        var owner = new Owner(host);
        owner.Connect("127.0.0.1");
        host.TurnUntil(() => host.Sessions.Count == 1);
        host.Sessions[0].Push("HTTP/1.1 400 Bad Request\r\n"u8);
        host.TurnUntil(() => owner.Gone is not null);
        Assert.That(owner.Gone, Is.EqualTo("no reply begins with the byte 72"));
    }

    [Test]
    public void A_link_that_is_closed_by_its_owner_tells_nothing_more_and_leaves_nothing([Values] bool isApart, [Range(0, 40)] int turns)
    {
        using var host = new TestHost(isApart, (ulong)turns + 1);
        var owner = new Owner(host);
        owner.Connect("127.0.0.1");
        owner.Request("SET", "k", new string('v', 100_000));
        owner.Request("GET", "k");
        for (var i = 0; i < turns; i++) host.Turn();
        owner.Close();
        var heard = owner.Replies.Count;
        for (var i = 0; i < 50; i++) host.Turn();
        Assert.That(owner.Replies, Has.Count.EqualTo(heard));
        Assert.That(owner.Gone, Is.Null);
    }

    private sealed class Owner : ILinkOwner
    {
        private readonly List<byte[]> _waiting = [];

        public Owner(TestHost host) => Link = new(host.World, host.Lane, host.OutputChunks, this);

        public OutgoingLink Link { get; }

        public List<RespValue> Replies { get; } = [];

        public string? Gone { get; private set; }

        public void Connect(string host, int port = Port) => Link.Connect(host, port);

        public void Request(params string[] arguments)
        {
            _waiting.Add(TestPeer.Request(arguments));
            if (Link.IsEstablished) Write();
        }

        private void Write()
        {
            foreach (var request in _waiting)
            {
                request.CopyTo(Link.Output.Reserve(request.Length));
                Link.Output.Commit(request.Length);
            }
            _waiting.Clear();
            Link.Send();
        }

        public void Close() => Link.Close();

        public void OnEstablished(OutgoingLink link) => Write();

        public void OnReply(OutgoingLink link, ReadOnlySpan<byte> reply)
        {
            Replies.Add(RespValue.Read(reply, out var length)!);
            Assert.That(length, Is.EqualTo(reply.Length));
        }

        public void OnGone(OutgoingLink link, string error)
        {
            Assert.That(Gone, Is.Null);
            Gone = error;
        }
    }
}
