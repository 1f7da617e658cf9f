using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>CPU time of a whole process so far. Nanoseconds are exact, the ticks only say how it splits.</summary>
internal readonly record struct CpuReading(long Nanoseconds, long UserTicks, long SystemTicks)
{
    public CpuReading Since(CpuReading before) =>
        new(Nanoseconds - before.Nanoseconds, UserTicks - before.UserTicks, SystemTicks - before.SystemTicks);

    public double UserShare => (double)UserTicks / (UserTicks + SystemTicks);
}

/// <summary>A running server: where it listens, what it costs. Disposing ends it.</summary>
internal sealed class ServerUnderTest : IDisposable
{
    private const int StartSecondsMax = 30;
    private const int LogLinesKept = 3;

    private readonly Children _children;
    private readonly Process _process;
    private readonly string _directory;
    private readonly bool _keepsDirectory;
    private readonly Queue<string> _log = new();

    private ServerUnderTest(ServerProgram program, Children children, int clientsMax, string? directory, string[] options)
    {
        Program = program;
        Port = FreePort();
        _children = children;
        _keepsDirectory = directory is not null;
        _directory = directory ?? Directory.CreateTempSubdirectory("carnelian-bench-").FullName;
        var start = program.StartOn(Port, _directory, clientsMax, options);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var started = Stopwatch.GetTimestamp();
        _process = children.Start(start);
        _process.OutputDataReceived += (_, e) => Log(e.Data);
        _process.ErrorDataReceived += (_, e) => Log(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            AwaitPong();
        }
        catch
        {
            Dispose();
            throw;
        }
        TimeToPong = Stopwatch.GetElapsedTime(started);
    }

    public ServerProgram Program { get; }
    public string Name => Program.Name;
    public bool IsCandidate => Program.IsCandidate;
    public int Port { get; }

    /// <summary>From just before exec to the first +PONG, looked for every millisecond.</summary>
    public TimeSpan TimeToPong { get; }

    public static ServerUnderTest Start(ServerProgram program, Children children, int clientsMax = 1000) => new(program, children, clientsMax, null, []);

    /// <summary>A server with files of its own that outlive it, and further options.</summary>
    public static ServerUnderTest StartIn(string directory, ServerProgram program, Children children, params string[] options) =>
        new(program, children, 1000, directory, options);

    public RespConnection Connect() => new(Port);

    public CpuReading Cpu()
    {
        var nanoseconds = OperatingSystemCalls.CpuNanoseconds(_process.Id);
        // The second field is the program's name in parentheses, and may hold anything; the rest is numbers (proc(5)).
        var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new CpuReading(nanoseconds, long.Parse(fields[11], CultureInfo.InvariantCulture), long.Parse(fields[12], CultureInfo.InvariantCulture));
    }

    /// <summary>Resident bytes, counted page by page: VmRSS of /proc/PID/status lags behind by what each core has not yet added up.</summary>
    public long ResidentBytes()
    {
        var resident = Machine.Field($"/proc/{_process.Id}/smaps_rollup", "Rss") ?? throw Ended();
        return long.Parse(resident.Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Bytes that the process and those that it forked take, what they share counted once.</summary>
    public long ProportionalBytes()
    {
        var total = 0L;
        foreach (var id in File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Prepend($"{_process.Id}"))
        {
            try
            {
                var bytes = Machine.Field($"/proc/{id}/smaps_rollup", "Pss");
                if (bytes is not null) total += long.Parse(bytes.Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
            }
            catch (IOException)
            {
                // A child that has ended since.
            }
        }
        return total;
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>Whether the server has ended; after a lost connection it may take a moment to.</summary>
    public bool AwaitEnd() => _process.WaitForExit(TimeSpan.FromMilliseconds(500));

    /// <summary>What the server was last heard saying, for the message of a failure.</summary>
    public MeasurementFailed Ended()
    {
        var state = _process.HasExited ? $"ended with code {_process.ExitCode}" : "does not answer";
        lock (_log)
            return new MeasurementFailed($"the server {state}; it said {(_log.Count > 0 ? string.Join(" / ", _log) : "nothing")}");
    }

    public void Dispose()
    {
        _children.End(_process);
        if (!_keepsDirectory) Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private void AwaitPong()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var connection = Connect();
                if (connection.Call("PING") == "PONG")
                    return;
            }
            catch (MeasurementFailed)
            {
                // Not listening yet, or loading.
            }
            if (_process.HasExited || Stopwatch.GetElapsedTime(started).TotalSeconds > StartSecondsMax)
                throw Ended();
            Thread.Sleep(1);
        }
    }

    private void Log(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_log)
        {
            if (_log.Count == LogLinesKept)
                _log.Dequeue();
            _log.Enqueue(string.Concat(line.Where(c => !char.IsControl(c))).Trim());
        }
    }
}
