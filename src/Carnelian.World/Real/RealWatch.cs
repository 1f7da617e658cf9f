namespace Carnelian;

/// <summary>A thread that looks again and again.</summary>
internal sealed class RealWatch : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    public RealWatch(int periodMs, Action look)
    {
        _thread = new Thread(() =>
        {
            while (!_end.Wait(periodMs)) look();
        }) { IsBackground = true, Name = "watch" };
        _thread.Start();
    }

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }
}
