using System.Diagnostics;

namespace Carnelian;

/// <summary>Latencies in milliseconds, as one client saw them.</summary>
internal readonly record struct Latencies(int Count, double P50, double P999, double Max);

/// <summary>
/// A connection that sends PING and GET in turn, a millisecond apart, on a thread of its own, while others load the server.
/// </summary>
/// <remarks>
/// A probe that waits 20 ms holds up 19 others that a client at this rate would have sent; those are counted with what they would
/// have waited (19 ms, 18 ms, …), or a long pause would be one sample among thousands (Tene's "coordinated omission").
/// </remarks>
internal sealed class LatencyProbe : IDisposable
{
    private const int SamplesMax = 1_000_000;

    private static readonly long IntervalTicks = Stopwatch.Frequency / 1000;

    private readonly RespConnection _connection;
    private readonly Thread _thread;
    private readonly long[] _samples = new long[SamplesMax];
    private int _count;
    private volatile bool _stopping;
    private MeasurementFailed? _failure;

    private LatencyProbe(ServerUnderTest server)
    {
        _connection = server.Connect();
        _connection.Call("SET", "probe", "value");
        _thread = new Thread(Loop) { IsBackground = true, Name = "probe" };
        _thread.Start();
    }

    public static LatencyProbe Start(ServerUnderTest server) => new(server);

    /// <summary>Ends the probe and returns what it saw.</summary>
    public Latencies Stop()
    {
        _stopping = true;
        _thread.Join();
        if (_failure != null)
            throw _failure;
        var sorted = _samples.AsSpan(0, _count);
        sorted.Sort();
        return new Latencies(_count, At(sorted, 0.5), At(sorted, 0.999), At(sorted, 1));
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _connection.Dispose();
    }

    private void Loop()
    {
        try
        {
            for (var turn = 0; !_stopping; turn++)
            {
                var sent = Stopwatch.GetTimestamp();
                AppendProbe(turn);
                _connection.Flush();
                _connection.SkipReplies(1);
                var now = Stopwatch.GetTimestamp();
                Record(now - sent);
                if (now - sent < IntervalTicks)
                    Thread.Sleep(1);
            }
        }
        catch (MeasurementFailed e)
        {
            _failure = e;
        }
    }

    private void AppendProbe(int turn)
    {
        if (turn % 2 == 0)
        {
            _connection.AppendHeader(1);
            _connection.AppendBulk("PING"u8);
        }
        else
        {
            _connection.AppendGet("probe"u8);
        }
    }

    private void Record(long ticks)
    {
        for (; ticks > 0 && _count < SamplesMax; ticks -= IntervalTicks)
            _samples[_count++] = ticks;
    }

    private static double At(ReadOnlySpan<long> sorted, double fraction) =>
        sorted.IsEmpty ? double.NaN : sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * fraction) - 1)] * 1000.0 / Stopwatch.Frequency;
}
