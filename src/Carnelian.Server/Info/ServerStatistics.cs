namespace Carnelian;

/// <summary>What INFO counts of the server as a whole. Since the start or CONFIG RESETSTAT, except where a name says otherwise.</summary>
internal sealed class ServerStatistics
{
    private readonly Rate _commands = new(), _input = new(), _output = new(), _turns = new(), _turnMicroseconds = new();

    public long ConnectionsReceived { get; set; }

    public long ConnectionsRejected { get; set; }

    public LaneTraffic Traffic { get; } = new();

    public long NetInputBytes => Traffic.ReceivedBytes;

    public long NetOutputBytes => Traffic.SentBytes;

    public long Reads => Traffic.Reads;

    public long Writes => Traffic.Writes;

    public long QueryBufferLimitDisconnections { get; set; }

    public long OutputBufferLimitDisconnections { get; set; }

    /// <summary>Clients closed because all together took too much memory.</summary>
    public long ClientsEvicted { get; set; }

    /// <summary>Wrong passwords and users. Since the start.</summary>
    public long AuthenticationsDenied { get; set; }

    /// <summary>Most clients at once. Since the start.</summary>
    public long PeakClients { get; set; }

    /// <summary>Most memory used, as far as it was looked at. Since the start, bytes.</summary>
    public long PeakMemoryBytes { get; set; }

    /// <summary>Turns of the loop, and what they took without the waiting.</summary>
    public long Turns { get; private set; }

    public long TurnNanoseconds { get; private set; }

    public long LongestTurnNanoseconds { get; private set; }

    public long MostCallsInTurn { get; private set; }

    /// <summary>What background work took of the turns.</summary>
    public long CronNanoseconds { get; set; }

    /// <summary>What active expiry took of that.</summary>
    public long ExpiryNanoseconds { get; set; }

    /// <summary>The most memory that one client took of late. Not reset.</summary>
    public RecentPeaks ClientPeaks { get; } = new();

    public long CommandsPerSecond => _commands.Average;

    public double InputKilobytesPerSecond => _input.Average / 1024.0;

    public double OutputKilobytesPerSecond => _output.Average / 1024.0;

    public long TurnsPerSecond => _turns.Average;

    /// <summary>Microseconds of an average turn of late.</summary>
    public long TurnMicroseconds => _turnMicroseconds.Average;

    public void CountTurn(long nanoseconds, long calls)
    {
        Turns++;
        TurnNanoseconds += nanoseconds;
        LongestTurnNanoseconds = Math.Max(LongestTurnNanoseconds, nanoseconds);
        MostCallsInTurn = Math.Max(MostCallsInTurn, calls);
    }

    /// <summary>Takes the rates since the last sample; called every 100 ms or so.</summary>
    public void Sample(long monotonicNanoseconds, long commands)
    {
        const double second = 1e9;
        _commands.Sample(commands, monotonicNanoseconds, second);
        _input.Sample(NetInputBytes, monotonicNanoseconds, second);
        _output.Sample(NetOutputBytes, monotonicNanoseconds, second);
        _turns.Sample(Turns, monotonicNanoseconds, second);
        _turnMicroseconds.Sample(TurnNanoseconds / 1000, Turns, 1);
    }

    public void Reset()
    {
        ConnectionsReceived = ConnectionsRejected = 0;
        Traffic.Reset();
        QueryBufferLimitDisconnections = OutputBufferLimitDisconnections = ClientsEvicted = 0;
        Turns = TurnNanoseconds = LongestTurnNanoseconds = MostCallsInTurn = CronNanoseconds = ExpiryNanoseconds = 0;
        foreach (var rate in (ReadOnlySpan<Rate>)[_commands, _input, _output, _turns, _turnMicroseconds]) rate.Reset();
    }

    /// <summary>By how much one counter grows per unit of another: the mean of the latest samples, as Redis takes it.</summary>
    private sealed class Rate
    {
        private const int Samples = 16;

        private readonly long[] _samples = new long[Samples];
        private long _value, _base;
        private int _next;

        /// <param name="basis">What it grows with: a time, a count.</param>
        /// <param name="unit">The rate is per so many of that.</param>
        public void Sample(long value, long basis, double unit)
        {
            // The first one only tells from where on.
            if (_base > 0)
            {
                _samples[_next] = basis > _base ? (long)((value - _value) * unit / (basis - _base)) : 0;
                _next = (_next + 1) % Samples;
            }
            (_value, _base) = (value, basis);
        }

        public long Average
        {
            get
            {
                long sum = 0;
                foreach (var sample in _samples) sum += sample;
                return sum / Samples;
            }
        }

        public void Reset()
        {
            _value = _base = 0;
            Array.Clear(_samples);
        }
    }
}

/// <summary>The largest input and output of a client in each of the latest seconds: so INFO need not look at all clients.</summary>
internal sealed class RecentPeaks
{
    private const int Seconds = 8;

    private readonly long[] _inputs = new long[Seconds], _outputs = new long[Seconds];
    private long _second;

    public long InputBytes => Largest(_inputs);

    public long OutputBytes => Largest(_outputs);

    public void Track(long second, long inputBytes, long outputBytes)
    {
        // Seconds in which no client was looked at had no peak either.
        for (_second = Math.Max(_second, second - Seconds); _second < second; _second++)
            _inputs[(_second + 1) % Seconds] = _outputs[(_second + 1) % Seconds] = 0;
        ref var input = ref _inputs[second % Seconds];
        ref var output = ref _outputs[second % Seconds];
        input = Math.Max(input, inputBytes);
        output = Math.Max(output, outputBytes);
    }

    private static long Largest(long[] bytes)
    {
        long largest = 0;
        foreach (var each in bytes) largest = Math.Max(largest, each);
        return largest;
    }
}
