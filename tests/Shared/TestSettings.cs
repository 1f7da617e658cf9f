using System.Globalization;

namespace Carnelian.Tests;

/// <summary>How much a run tries: a little in the ordinary suite, much where somebody asks for it by an environment variable.</summary>
internal static class TestSettings
{
    public static int Number(string variable, int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : standard;

    /// <summary>
    /// Runs so many numbers from 0 on, or from what CARNELIAN_FIRST says, so that much can be run in pieces, on all processors, and tells how long it took; the first failure ends it.
    /// </summary>
    public static void RunAll(string what, int count, Action<int> run)
    {
        var start = TimeProvider.System.GetTimestamp();
        var next = Number("CARNELIAN_FIRST", 0) - 1;
        var end = next + 1 + count;
        Exception? failure = null;
        var threads = new Thread[Environment.ProcessorCount];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                while (Volatile.Read(ref failure) is null && Interlocked.Increment(ref next) is var number && number < end)
                {
                    try
                    {
                        run(number);
                    }
                    catch (Exception e)
                    {
                        Interlocked.CompareExchange(ref failure, e, null);
                    }
                }
            });
            threads[i].Start();
        }
        foreach (var thread in threads) thread.Join();
        TestContext.Out.WriteLine($"{count} {what}: {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F1} s");
        if (failure is not null) throw new AssertionException(failure.Message, failure);
    }
}
