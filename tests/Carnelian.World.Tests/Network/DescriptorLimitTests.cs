using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Carnelian.Tests;

/// <summary>What happens when no more files may be opened.</summary>
[TestFixtureSource(typeof(NetworkHarness), nameof(NetworkHarness.Engines)), NonParallelizable]
[Platform(Include = "Linux", Reason = "Descriptors are used up by calls of Linux.")]
internal sealed class DescriptorLimitTests(NetworkEngine engine)
{
    private const int CloseRangeCall = 436, UnshareTable = 2;

    /// <summary>More than the test process has use for, and few enough to be used up soon.</summary>
    private const ulong DescriptorsMax = 4096;

    [DllImport("libc")]
    private static extern nint syscall(nint number, nuint first, nuint last, nuint flags);

    [DllImport("libc")]
    private static extern int dup(int descriptor);

    [Test]
    public void Accepting_without_descriptors_rests_and_goes_on_when_there_are_some()
    {
        using var net = new NetworkHarness(engine);
        var listener = net.Listen();
        var (first, served) = net.Pair(listener);
        using var second = NetworkHarness.Client(listener);
        using var third = NetworkHarness.Client(listener);
        // Code that could no longer be loaded is loaded before.
        _ = new SocketException((int)SocketError.TooManyOpenSockets).Message + Marshal.GetPInvokeErrorMessage(24) + dup(-1);
        var turns = 0;
        var heard = 0;
        net.WhenReadable = c => heard = c.Receive(new byte[8]);
        first.Send("x"u8);

        // The second is accepted; for the third there is no descriptor left.
        net.WhenAccepted = _ => UseUpDescriptors();
        var limit = FileLimit.Get();
        FileLimit.Set(limit with { Current = Math.Min(limit.Current, DescriptorsMax) });
        try
        {
            TestThread.Start(() => net.TurnUntil(() =>
            {
                turns++;
                return net.AcceptFailures.Count == 2 && heard > 0;
            })).Join();
        }
        finally
        {
            FileLimit.Set(limit);
        }
        net.WhenAccepted = null;

        Assert.That(net.AcceptFailures, Is.All.StartsWith("Too many open files"), ".NET does not tell the process's limit from the system's");
        Assert.That(turns, Is.LessThan(40), "the loop rests between attempts");
        Assert.That(heard, Is.EqualTo(1), "who is connected is served meanwhile");
        net.TurnUntil(() => net.Accepted.Count == 3);
        Assert.That(served.IsClosed, Is.False);
        first.Dispose();
    }

    /// <summary>
    /// For the calling thread alone, which gets a table of descriptors of its own and fills it: a thread that the runtime happens to
    /// start needs some, and without them the process would end.
    /// </summary>
    private static void UseUpDescriptors()
    {
        Assert.That(syscall(CloseRangeCall, uint.MaxValue, uint.MaxValue, UnshareTable) == 0, "close_range");
        while (dup(0) >= 0)
        {
        }
    }
}
