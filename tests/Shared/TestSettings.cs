using System.Collections.Concurrent;
using System.Globalization;

namespace Carnelian.Tests;

/// <summary>How much a run tries: a little in the ordinary suite, much where somebody asks for it by an environment variable.</summary>
internal static class TestSettings
{
    public static int Number(string variable, int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : standard;

    /// <summary>
    /// Runs so many numbers from 0 on, or from what CARNELIAN_FIRST says, so that much can be run in pieces, on all processors, and tells how long it took; a few failures end it.
    /// </summary>
    public static void RunAll(string what, int count, Action<int> run)
    {
        const int failuresMax = 10;
        var start = TimeProvider.System.GetTimestamp();
        var next = Number("CARNELIAN_FIRST", 0) - 1;
        var end = next + 1 + count;
        var failures = new ConcurrentQueue<Exception>();
        var threads = new Thread[Environment.ProcessorCount];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                while (failures.Count < failuresMax && Interlocked.Increment(ref next) is var number && number < end)
                {
                    try
                    {
                        run(number);
                    }
                    catch (Exception e)
                    {
                        failures.Enqueue(e);
                    }
                }
            });
            threads[i].Start();
        }
        foreach (var thread in threads) thread.Join();
        TestContext.Out.WriteLine($"{count} {what}: {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F1} s");
        if (failures.TryPeek(out var first)) throw new AssertionException(string.Join("\n\n", failures.Select(failure => failure.Message)), first);
    }
}
