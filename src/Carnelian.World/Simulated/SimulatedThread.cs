using System.Runtime.ExceptionServices;

namespace Carnelian;

/// <summary>
/// A thread that runs only while somebody waits for it: work that stops halfway while simulated time passes. Of all threads of a simulation one runs at a
/// time, so everything repeats exactly.
/// </summary>
internal sealed class SimulatedThread : IDisposable
{
    private readonly SemaphoreSlim _go = new(0), _back = new(0);
    private Action? _work;
    private Exception? _defect;
    private bool _ends;

    public SimulatedThread() => new Thread(Run) { IsBackground = true, Name = "simulated worker" }.Start();

    /// <summary>Has begun work that is not done.</summary>
    public bool IsBusy => _work is not null;

    /// <summary>Begins work, until it pauses or is done.</summary>
    public void Begin(Action work)
    {
        Check.That(!IsBusy);
        _work = work;
        Continue();
    }

    /// <summary>Goes on with the work, until it pauses or is done.</summary>
    public void Continue()
    {
        Check.That(IsBusy);
        _go.Release();
        _back.Wait();
        if (_defect is { } defect) ExceptionDispatchInfo.Throw(defect);
    }

    /// <summary>By the work itself: gives the turn back until somebody continues.</summary>
    public void Pause()
    {
        _back.Release();
        _go.Wait();
    }

    public void Dispose()
    {
        Check.That(!IsBusy);
        _ends = true;
        _go.Release();
    }

    private void Run()
    {
        for (_go.Wait(); !_ends; _go.Wait())
        {
            try
            {
                _work!();
            }
            catch (Exception e)
            {
                _defect = e;
            }
            _work = null;
            _back.Release();
        }
    }
}
