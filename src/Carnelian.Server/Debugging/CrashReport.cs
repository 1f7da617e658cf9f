using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// What the log says when the server ends because of a defect: the cause, the stack, INFO, the clients and the request that was being run, between
/// the lines by which tools find Redis' reports. Every part is written for itself, so that a broken one does not hide the others.
/// </summary>
/// <remarks>
/// What can't be reported: an access to wrong memory from managed code and a stack overflow. The runtime ends the process for those itself (SIGABRT), with
/// the stack on standard error. The stacks of other threads can't be had either.
/// </remarks>
internal sealed class CrashReport(Server server)
{
    private const int ShownBytesMax = 1024;

    /// <summary>Those that explain defects, as Redis chose them. People post reports: paths, names and addresses are not in them.</summary>
    private static readonly string[] _directives =
    [
        "activedefrag", "client-query-buffer-limit", "io-threads", "lazyfree-lazy-eviction", "lazyfree-lazy-expire", "lazyfree-lazy-server-del",
        "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush", "list-compress-depth", "network-engine", "proto-max-bulk-len", "repl-diskless-load",
        "repl-diskless-sync", "replica-read-only", "sanitize-dump-payload",
    ];

    /// <summary>What is done behind a report: the process is about to end, and nobody else cleans up.</summary>
    public Action? Ended { get; set; }

    private string[]? _arguments;
    private string? _session;
    private bool _hasBegun;

    /// <summary>Remembers the request that is being run. Always false: made for the filters of exceptions, which run before anything is unwound.</summary>
    internal bool Note(ref Call call)
    {
        if (_session is not null) return false;
        _session = Describe(call.Session);
        _arguments = new string[call.Args.Count];
        for (var i = 0; i < _arguments.Length; i++)
            _arguments[i] = IsShown(ref call, i) ? ByteText.FromBytes(call.Args[i][..Math.Min(call.Args[i].Length, ShownBytesMax)]) : "";
        return false;
    }

    /// <summary>Behind AUTH stand passwords.</summary>
    private bool IsShown(ref Call call, int argument)
    {
        if (argument == 0) return true;
        if (server.Options.HideUserData) return false;
        for (var i = 0; i < argument; i++)
        {
            if (call.Is(i, "auth"u8) || call.Is(i, "auth2"u8)) return false;
        }
        return true;
    }

    /// <summary>A broken invariant or another exception that nobody expected. The caller ends the process, or the server.</summary>
    public void Write(Exception defect)
    {
        if (!Begin()) return;
        if (defect is BrokenInvariantException)
        {
            if (_arguments is not null) WriteAssertionContext();
            Line("=== ASSERTION FAILED ===");
            Line($"==> {defect.Message}");
        }
        else
        {
            Line("------------------------------------------------");
            Line("!!! Software Failure. Press left mouse button to continue");
            Line($"Guru Meditation: {(defect is OutOfMemoryException ? "Redis aborting for OUT OF MEMORY. " : "")}{defect.Message} #{defect.GetType().Name}");
        }
        if (server.Options.CrashLogEnabled)
        {
            Section("STACK TRACE", () => defect.ToString());
            Raw("\n------ STACK TRACE DONE ------\n");
            WriteState();
        }
        End();
    }

    /// <summary>A fault, in the handler of its signal.</summary>
    public void Write(Fault fault)
    {
        if (!Begin()) return;
        Line($"{Release.Product} crashed by signal: {fault.Signal}, si_code: {fault.Code}");
        Line($"Accessing address: 0x{fault.Address:x}");
        if (fault.Instruction != 0) Line($"Crashed running the instruction at: 0x{fault.Instruction:x}");
        Section("STACK TRACE", () => Environment.StackTrace);
        Raw("\n------ STACK TRACE DONE ------\n");
        Section("REGISTERS", () => string.Join('\n', fault.Registers.Select(register => $"{register.Name,-3}:{register.Value:x16}")));
        if (server.Options.HideUserData) Line("hide-user-data-from-log is on, skip logging stack content to avoid spilling PII.");
        else foreach (var (address, value) in fault.Stack) Line($"({address:x16}) -> {value:x16}");
        WriteState();
        End();
    }

    /// <summary>Somebody ended the process by a signal. Best on the command thread, else on any while that one hangs.</summary>
    public void WriteKilled(int signal)
    {
        if (!Begin()) return;
        Line($"{Release.Product} crashed by signal: {signal}, si_code: 0");
        WriteState();
        End();
    }

    /// <summary>For SIGALRM: what the command thread is at.</summary>
    public string Activity() => server.Clients.Serving is { } client ? $"Running a request of {Describe(client)}" : "Between requests";

    private void WriteState()
    {
        Section("INFO OUTPUT", () => ByteText.FromBytes(InfoReport.Write(server, ["everything"])).Replace("\r", ""));
        Section("CLIENT LIST OUTPUT", () => string.Join('\n', server.Clients.Select(client => ClientDescription.Of(client, server.MonotonicMs))));
        if (_session is not null || server.Clients.Serving is not null) Section("CURRENT CLIENT INFO", CurrentClient);
        Section("CONFIG DEBUG OUTPUT", () => string.Join('\n', server.Directives.Get(_directives).Select(found => $"{found.Key} {found.Value}")));
    }

    private string CurrentClient()
    {
        if (_arguments is null) return Describe(server.Clients.Serving!);
        var text = new StringBuilder(_session).Append(CultureInfo.InvariantCulture, $"\nargc: '{_arguments.Length}'");
        for (var i = 0; i < _arguments.Length; i++) text.Append(CultureInfo.InvariantCulture, $"\nargv[{i}]: '{Shown(i)}'");
        return text.ToString();
    }

    private void WriteAssertionContext()
    {
        Line("=== ASSERTION FAILED CLIENT CONTEXT ===");
        Line($"client->conn = {_session}");
        Line($"client->argc = {_arguments!.Length}");
        for (var i = 0; i < _arguments.Length; i++) Line($"client->argv[{i}] = {Shown(i)}");
    }

    private string Shown(int argument)
    {
        var text = _arguments![argument];
        return argument > 0 && (text.Length == 0 || server.Options.HideUserData) ? "*redacted*" : ByteText.Quote(text);
    }

    private string Describe(Session session) => session is Client client ? ClientDescription.Of(client, server.MonotonicMs) : session.Address;

    private bool Begin()
    {
        if (_hasBegun) return false;
        _hasBegun = true;
        Raw("\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
        return true;
    }

    private void End()
    {
        Raw("""

            === REDIS BUG REPORT END. Make sure to include from START to END. ===

                   Please report the crash with all of the above.


            """);
        Ended?.Invoke();
    }

    private void Section(string title, Func<string> content)
    {
        Raw($"\n------ {title} ------\n");
        try
        {
            Raw(content() + "\n");
        }
        catch (Exception exception)
        {
            Raw($"(not available: {exception.Message})\n");
        }
    }

    private void Line(string text) => server.Log.LogWarning("{Line}", text);

    private void Raw(string text) => server.Log.Log(LogLevel.Warning, RedisLogger.RawText, text, null, static (line, _) => line);
}

/// <summary>The server must end though no invariant is broken: DEBUG PANIC.</summary>
internal sealed class PanicException(string reason) : Exception(reason);
