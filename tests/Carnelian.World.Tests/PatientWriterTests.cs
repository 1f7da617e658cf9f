using System.Diagnostics;

namespace Carnelian.Tests;

internal sealed class PatientWriterTests
{
    [Test]
    public void What_is_written_is_there_in_order()
    {
        var written = new List<byte>();
        using (var writer = new PatientWriter("test", bytes => written.AddRange(bytes)))
        {
            for (var i = 0; i < 100; i++) writer.Write([(byte)i]);
            writer.Finish();
            Assert.That(written, Is.EqualTo(Enumerable.Range(0, 100).Select(i => (byte)i)));
            writer.Write([1, 2]);
        }
        Assert.That(written[^2..], Is.EqualTo(new byte[] { 1, 2 }), "nothing is left behind");
    }

    [Test]
    public void Nobody_waits_for_long_while_it_stands_still()
    {
        using var goesOn = new ManualResetEventSlim();
        var written = 0;
        using var writer = new PatientWriter("test", bytes =>
        {
            goesOn.Wait();
            written += bytes.Length;
        });
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 1000; i++) writer.Write(new byte[1000]);
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(TimeSpan.FromSeconds(10)), "it stands still until all are given");
        Assert.That(written, Is.Zero);
        goesOn.Set();
        writer.Finish();
        Assert.That(written, Is.EqualTo(1_000_000));
    }

    [Test]
    public void What_waits_is_bounded()
    {
        using var goesOn = new ManualResetEventSlim();
        var (given, written, mostWaited) = (0, 0, 0);
        using var writer = new PatientWriter("test", _ =>
        {
            goesOn.Wait();
            mostWaited = Math.Max(mostWaited, Volatile.Read(ref given) - written++);
        });
        var giver = TestThread.Start(() =>
        {
            for (; given < 100; Interlocked.Increment(ref given)) writer.Write(new byte[1 << 18]);
        });
        Patience.Until(() => Volatile.Read(ref given) == 5, "four fill it, and one more is taken");
        goesOn.Set();
        giver.Join();
        writer.Finish();
        Assert.That(written, Is.EqualTo(100));
        Assert.That(mostWaited, Is.LessThanOrEqualTo(5));
    }
}
