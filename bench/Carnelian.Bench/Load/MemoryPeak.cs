namespace Carnelian;

/// <summary>The most memory that a server and its children take while this runs, looked at some times a second.</summary>
internal sealed class MemoryPeak : IDisposable
{
    private const int IntervalMs = 100;

    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopping = new();
    private long _most;

    public MemoryPeak(ServerUnderTest server)
    {
        _thread = new Thread(() =>
        {
            do _most = Math.Max(_most, server.ProportionalBytes());
            while (!_stopping.Wait(IntervalMs));
        })
        { IsBackground = true, Name = "memory" };
        _thread.Start();
    }

    /// <summary>Bytes.</summary>
    public long Stop()
    {
        _stopping.Set();
        _thread.Join();
        return _most;
    }

    public void Dispose()
    {
        Stop();
        _stopping.Dispose();
    }
}
