namespace Carnelian;

/// <summary>What INFO counts of the server as a whole. Since the start or CONFIG RESETSTAT, except where a name says otherwise.</summary>
public sealed class ServerStatistics
{
    private const int Samples = 16;

    private readonly long[] _commandRates = new long[Samples], _inputRates = new long[Samples], _outputRates = new long[Samples];
    private long _sampledNanoseconds, _sampledCommands, _sampledInput, _sampledOutput;
    private int _next;

    public long ConnectionsReceived { get; set; }

    public long ConnectionsRejected { get; set; }

    public long NetInputBytes { get; set; }

    public long NetOutputBytes { get; set; }

    public long QueryBufferLimitDisconnections { get; set; }

    public long OutputBufferLimitDisconnections { get; set; }

    public long PeakClients { get; set; }

    public long CommandsPerSecond => Average(_commandRates);

    public double InputKilobytesPerSecond => Average(_inputRates) / 1024.0;

    public double OutputKilobytesPerSecond => Average(_outputRates) / 1024.0;

    /// <summary>Takes the rates since the last sample; called every 100 ms or so.</summary>
    public void Sample(long monotonicNanoseconds, long commands)
    {
        var elapsed = monotonicNanoseconds - _sampledNanoseconds;
        if (elapsed <= 0) return;
        _commandRates[_next] = Rate(commands, ref _sampledCommands, elapsed);
        _inputRates[_next] = Rate(NetInputBytes, ref _sampledInput, elapsed);
        _outputRates[_next] = Rate(NetOutputBytes, ref _sampledOutput, elapsed);
        _next = (_next + 1) % Samples;
        _sampledNanoseconds = monotonicNanoseconds;
    }

    public void Reset()
    {
        ConnectionsReceived = ConnectionsRejected = NetInputBytes = NetOutputBytes = 0;
        QueryBufferLimitDisconnections = OutputBufferLimitDisconnections = 0;
        _sampledCommands = _sampledInput = _sampledOutput = 0;
        Array.Clear(_commandRates);
        Array.Clear(_inputRates);
        Array.Clear(_outputRates);
    }

    private static long Rate(long now, ref long before, long elapsedNanoseconds)
    {
        var rate = (long)((now - before) * 1e9 / elapsedNanoseconds);
        before = now;
        return rate;
    }

    private static long Average(long[] rates)
    {
        long sum = 0;
        foreach (var rate in rates) sum += rate;
        return sum / rates.Length;
    }
}
