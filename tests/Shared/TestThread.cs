using System.Runtime.ExceptionServices;

namespace Carnelian.Tests;

/// <summary>A thread whose failure is that of the test that joins it: one that nobody caught would end the whole test process.</summary>
internal sealed class TestThread
{
    private readonly Thread _thread;
    private Exception? _failure;

    private TestThread(Action body)
    {
        _thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception e)
            {
                _failure = e;
            }
        }) { IsBackground = true };
    }

    public bool HasEnded => !_thread.IsAlive;

    public static TestThread Start(Action body)
    {
        var thread = new TestThread(body);
        thread._thread.Start();
        return thread;
    }

    /// <summary>Runs the body with each number from 0 on a thread of its own, all at once, until the last has ended.</summary>
    public static void RunAll(int count, Action<int> body)
    {
        var threads = Array.ConvertAll(Enumerable.Range(0, count).ToArray(), number => Start(() => body(number)));
        foreach (var thread in threads) thread.Join();
    }

    public void Join()
    {
        Assert.That(_thread.Join(Patience.OfPrograms), "the thread ends");
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
    }
}
