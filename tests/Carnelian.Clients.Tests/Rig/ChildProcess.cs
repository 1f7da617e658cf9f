using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Carnelian.Tests;

/// <summary>What a program that ran to its end left behind.</summary>
internal sealed record Outcome(int Status, string Output, string Error)
{
    /// <summary>Standard output, and standard error where there is some: what a failed assertion shows.</summary>
    public string Everything => Error.Length == 0 ? Output : $"{Output}\n{Error}";
}

/// <summary>A program that runs beside the test. Dispose kills it with what it started, so that no test leaves one behind.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly object _gate = new();

    public ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => Snapshot(_output);

    public bool HasExited => _process.HasExited;

    /// <summary>Runs a program to its end.</summary>
    /// <param name="input">Writes its standard input, which is closed afterwards.</param>
    public static Outcome Run(ProcessStartInfo start, Action<Stream>? input = null, TimeSpan? patience = null)
    {
        using var child = new ChildProcess(start);
        var feeding = TestThread.Start(() => child.Feed(input));
        var outcome = child.WaitForExit(patience);
        feeding.Join();
        return outcome;
    }

    public static Outcome Run(string program, IEnumerable<string> arguments, Action<Stream>? input = null, TimeSpan? patience = null) =>
        Run(new ProcessStartInfo(program, arguments), input, patience);

    /// <summary>Waits until a line of standard output contains <paramref name="text"/>; fails when it ends before, or patience does.</summary>
    public void WaitForOutput(string text, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        lock (_gate)
        {
            while (!_output.ToString().Contains(text, StringComparison.Ordinal))
            {
                var left = (patience ?? Patience.OfPrograms) - watch.Elapsed;
                if (left <= TimeSpan.Zero || _isOutputOver) Assert.Fail($"{_process.StartInfo.FileName} did not print '{text}':\n{_output}\n{_error}");
                Monitor.Wait(_gate, left);
            }
        }
    }

    public Outcome WaitForExit(TimeSpan? patience = null)
    {
        if (!_process.WaitForExit(patience ?? Patience.OfPrograms)) Assert.Fail($"{_process.StartInfo.FileName} still runs:\n{Output}\n{Snapshot(_error)}");
        _process.WaitForExit();   // Until its output has been read, too.
        return new(_process.ExitCode, Output, Snapshot(_error));
    }

    public void Signal(int signal) => Assert.That(Kill(_process.Id, signal), Is.Zero, "kill");

    /// <summary>As a terminal does for Ctrl-C: to the program and all that it started. It must lead its group: see setsid.</summary>
    public void SignalGroup(int signal) => Assert.That(Kill(-_process.Id, signal), Is.Zero, "kill of a group");

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private bool _isOutputOver;

    private void Feed(Action<Stream>? input)
    {
        try
        {
            using var stream = _process.StandardInput.BaseStream;
            input?.Invoke(stream);
        }
        catch (IOException)
        {
            // It ended without reading all: what it says about that is in its output and status.
        }
    }

    private void Add(StringBuilder to, string? line)
    {
        lock (_gate)
        {
            if (line is not null) to.Append(line).Append('\n');
            else if (to == _output) _isOutputOver = true;
            Monitor.PulseAll(_gate);
        }
    }

    private string Snapshot(StringBuilder text)
    {
        lock (_gate) return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
