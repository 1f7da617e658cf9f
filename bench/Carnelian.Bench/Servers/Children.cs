using System.Diagnostics;

namespace Carnelian;

/// <summary>
/// Every process this program starts, so that all of them end with it: at the end, after an error, and on Ctrl-C or a termination signal.
/// </summary>
internal sealed class Children : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Process> _running = [];
    private bool _closed;

    public Process Start(ProcessStartInfo start)
    {
        lock (_gate)
        {
            // A signal may arrive between two measurements: nothing may be born after EndAll.
            StopIfClosed();
            Process process;
            try
            {
                process = Process.Start(start)!;
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                throw new BenchStopped($"'{start.FileName}' cannot be started: {e.Message}");
            }
            _running.Add(process);
            return process;
        }
    }

    /// <summary>Runs to the end and returns what it printed. Ends it when it takes longer than it may.</summary>
    public (int ExitCode, string Output, string Errors) Run(ProcessStartInfo start, TimeSpan atMost)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(atMost))
        {
            End(process);
            throw new MeasurementFailed($"'{Path.GetFileName(start.FileName)}' did not end within {atMost.TotalSeconds:0} s");
        }
        Task.WaitAll(output, errors);
        var exitCode = process.ExitCode;
        End(process);
        return (exitCode, output.Result, errors.Result);
    }

    public void End(Process process)
    {
        lock (_gate)
            _running.Remove(process);
        Kill(process);
        process.Dispose();
    }

    /// <summary>Ends all of them, and refuses to start any more. The thread that measures may still hold some, and learns it from them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var process in _running)
                Kill(process);
        }
    }

    /// <summary>Stops the run if it was interrupted: what fails from then on is no finding.</summary>
    public void StopIfClosed()
    {
        lock (_gate)
        {
            if (_closed)
                throw new BenchStopped("interrupted");
        }
    }

    private static void Kill(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }
}
