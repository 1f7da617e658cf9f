using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Carnelian;

/// <summary>What one run of valkey-benchmark found. Latencies in milliseconds.</summary>
/// <param name="CpuMicroseconds">The server's CPU time per request.</param>
/// <param name="UserShare">How much of it was spent in the server itself, not in the kernel.</param>
/// <param name="GeneratorLoad">The generator's CPU time over the wall's: at 1 its one thread is the limit, not the server.</param>
internal sealed record BenchmarkRun(
    double RequestsPerSecond, double CpuMicroseconds, double UserShare, double P50, double P99, double P999, double Max, double GeneratorLoad)
{
    /// <summary>From here on the throughput is the generator's; CPU per request still tells the servers apart.</summary>
    public const double GeneratorIsSaturated = 0.95;

    private static ProcessStartInfo StartInfo(string benchmark, ServerUnderTest server, Workload workload, int requests) =>
        new(benchmark, ["-h", "127.0.0.1", "-p", $"{server.Port}", "-n", $"{requests}", "-r", $"{workload.Keys}", .. workload.Arguments.Split(' ')]);

    /// <summary>Goes on with the workload until what is returned is disposed of.</summary>
    public static IDisposable Begin(Children children, string benchmark, ServerUnderTest server, Workload workload)
    {
        var start = StartInfo(benchmark, server, workload, int.MaxValue);
        start.RedirectStandardOutput = true;
        return new Running(children, start);
    }

    private sealed class Running : IDisposable
    {
        private readonly Children _children;
        private readonly Process _process;

        public Running(Children children, ProcessStartInfo start)
        {
            _children = children;
            _process = children.Start(start);
            _process.OutputDataReceived += static (_, _) => { };
            _process.BeginOutputReadLine();
        }

        public void Dispose() => _children.End(_process);
    }

    /// <summary>Runs the workload once; the server's CPU clock is read directly before and after.</summary>
    public static BenchmarkRun Measure(Children children, string benchmark, ServerUnderTest server, Workload workload, int requests)
    {
        var cpuBefore = server.Cpu();
        var generatorBefore = OperatingSystemCalls.CpuSecondsOfEndedChildren();
        var started = Stopwatch.GetTimestamp();
        var (exitCode, output, errors) = children.Run(StartInfo(benchmark, server, workload, requests), TimeSpan.FromMinutes(5));
        var wallSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var generatorSeconds = OperatingSystemCalls.CpuSecondsOfEndedChildren() - generatorBefore;
        var cpu = server.Cpu().Since(cpuBefore);
        // valkey-benchmark counts error replies as done and goes on.
        if (exitCode != 0 || errors.Contains("Error"))
            throw new MeasurementFailed($"valkey-benchmark ended with {exitCode}: {errors.Trim().Split('\n')[^1]}");
        return Parse(output) with
        {
            CpuMicroseconds = cpu.Nanoseconds / 1000.0 / requests,
            UserShare = cpu.UserShare,
            GeneratorLoad = generatorSeconds / wallSeconds,
        };
    }

    /// <summary>
    /// Reads the long output: the throughput line, the column "p50 p99 max" of the latency summary, and from the percentile
    /// distribution the first step at or above 99.9% (the steps halve the rest: 99.902% with a thousand requests or more).
    /// </summary>
    public static BenchmarkRun Parse(string output)
    {
        var throughput = Regex.Match(output, @"throughput summary: ([\d.]+) requests per second");
        var summary = Regex.Match(output, @"latency summary \(msec\):\s+avg\s+min\s+p50\s+p95\s+p99\s+max\s+([\d. ]+)");
        var columns = summary.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var p999 = Regex.Matches(output, @"^([\d.]+)% <= ([\d.]+) milliseconds", RegexOptions.Multiline)
            .FirstOrDefault(step => Number(step.Groups[1].Value) >= 99.9);
        if (!throughput.Success || columns.Length != 6 || p999 == null)
            throw new MeasurementFailed($"valkey-benchmark printed no summary: {output.Trim().Split('\n', '\r')[^1]}");
        return new BenchmarkRun(
            Number(throughput.Groups[1].Value), 0, 0, Number(columns[2]), Number(columns[4]), Number(p999.Groups[2].Value), Number(columns[5]), 0);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
