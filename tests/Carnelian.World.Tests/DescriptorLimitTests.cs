using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Carnelian.Tests;

/// <summary>What happens when the process may open no more files. Changes the limit of the whole test process, hence alone.</summary>
[TestFixtureSource(typeof(NetworkHarness), nameof(NetworkHarness.Engines)), NonParallelizable]
[Platform(Include = "Linux", Reason = "Limits are set by a call of Linux.")]
internal sealed unsafe class DescriptorLimitTests(NetworkEngine engine)
{
    private const int LimitOfFiles = 7;

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current, Maximum;
    }

    [DllImport("libc")]
    private static extern int getrlimit(int resource, Limit* limit);

    [DllImport("libc")]
    private static extern int setrlimit(int resource, Limit* limit);

    [Test]
    public void Accepting_without_descriptors_rests_and_goes_on_when_there_are_some()
    {
        using var net = new NetworkHarness(engine);
        var listener = net.Listen();
        var (first, served) = net.Pair(listener);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // Code that a scarce process could no longer load is loaded before.
        _ = new SocketException((int)SocketError.TooManyOpenSockets).Message + Marshal.GetPInvokeErrorMessage(24);
        Limit limit;
        Assert.That(getrlimit(LimitOfFiles, &limit), Is.Zero);
        var scarce = limit with { Current = 3 };
        setrlimit(LimitOfFiles, &scarce);
        var turns = 0;
        var heard = 0;
        try
        {
            second.Connect(listener.Address);
            net.WhenReadable = c => heard = c.Receive(new byte[8]);
            first.Send("x"u8);
            var watch = Stopwatch.StartNew();
            for (; watch.ElapsedMilliseconds < 350; turns++) net.Network.Turn(net, 1000);
        }
        finally
        {
            setrlimit(LimitOfFiles, &limit);
        }
        Assert.That(net.AcceptFailures, Has.Count.InRange(2, 6));
        Assert.That(net.AcceptFailures, Is.All.StartsWith("Too many open files"), ".NET does not tell the process's limit from the system's");
        Assert.That(turns, Is.LessThan(40), "the loop rests between attempts");
        Assert.That(heard, Is.EqualTo(1), "who is connected is served meanwhile");
        net.TurnUntil(() => net.Accepted.Count == 2);
        Assert.That(served.IsClosed, Is.False);
        first.Dispose();
    }
}
