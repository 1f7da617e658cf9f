namespace Carnelian;

/// <summary>A thread for a server that runs inside an application.</summary>
public sealed class CommandThread
{
    private readonly Thread _thread;

    /// <param name="body">Must not throw.</param>
    public CommandThread(string name, Action body)
    {
        _thread = new Thread(() => body()) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Waits for its end. Not for the thread itself.</summary>
    public void Join()
    {
        Check.That(!IsCurrent);
        _thread.Join();
    }
}
