namespace Carnelian;

/// <summary>
/// Writes by a thread of its own, so that who writes to a disk that stands still goes on after a moment. Usually all is written when <see cref="Write"/> returns. What waits is bounded: beyond that
/// whoever writes waits, too. Any thread.
/// </summary>
/// <param name="write">Called for one piece after the other; reports failure in its own way.</param>
public sealed class PatientWriter(string name, Action<byte[]> write) : IDisposable
{
    private const int PatienceMs = 1, WaitingBytesMax = 1 << 20;

    /// <summary>With the piece that is being written at its head. Locked by all who look at what is below.</summary>
    private readonly Queue<byte[]> _waiting = new();
    private Thread? _thread;
    private long _waitingBytes;
    private bool _isEnding;

    public void Write(byte[] bytes)
    {
        lock (_waiting)
        {
            while (_waitingBytes > WaitingBytesMax) Monitor.Wait(_waiting);
            var isFirst = _waiting.Count == 0;
            _waiting.Enqueue(bytes);
            _waitingBytes += bytes.Length;
            Monitor.PulseAll(_waiting);
            if (_thread is null) Begin();
            // Once it has proved slow nobody waits for it.
            if (isFirst) Monitor.Wait(_waiting, PatienceMs);
        }
    }

    /// <summary>Returns when everything is written.</summary>
    public void Finish()
    {
        lock (_waiting)
        {
            while (_waiting.Count > 0) Monitor.Wait(_waiting);
        }
    }

    private void Begin()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    private void Run()
    {
        while (Next() is { } bytes)
        {
            write(bytes);
            lock (_waiting)
            {
                _waiting.Dequeue();
                _waitingBytes -= bytes.Length;
                Monitor.PulseAll(_waiting);
            }
        }
    }

    private byte[]? Next()
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0 && !_isEnding) Monitor.Wait(_waiting);
            return _waiting.TryPeek(out var bytes) ? bytes : null;
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        lock (_waiting)
        {
            _isEnding = true;
            Monitor.PulseAll(_waiting);
        }
        _thread?.Join();
    }
}
