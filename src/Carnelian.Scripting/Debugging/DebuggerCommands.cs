namespace Carnelian;

/// <summary>What becomes of a script that stands.</summary>
internal enum DebuggerOutcome { Stays, Steps, Continues }

/// <summary>The commands of the debugger, by name or first letter. What they answer is in the log.</summary>
internal static class DebuggerCommands
{
    private const int ContextLines = 5;

    private static readonly string[] _names = ["help", "step", "next", "continue", "trace", "maxlen", "break", "eval", "abort", "redis", "print", "list", "whole"];

    private static readonly string[] _help =
    [
        "Redis Lua debugger help:",
        "[h]elp               Show this help.",
        "[s]tep               Run current line and stop again.",
        "[n]ext               Alias for step.",
        "[c]ontinue           Run till next breakpoint.",
        "[l]ist               List source code around current line.",
        "[l]ist [line]        List source code around [line].",
        "                     line = 0 means: current position.",
        "[l]ist [line] [ctx]  In this form [ctx] specifies how many lines",
        "                     to show before/after [line].",
        "[w]hole              List all source code. Alias for 'list 1 1000000'.",
        "[p]rint              Show all the local variables.",
        "[p]rint <var>        Show the value of the specified variable.",
        "                     Can also show global vars KEYS and ARGV.",
        "[b]reak              Show all breakpoints.",
        "[b]reak <line>       Add a breakpoint to the specified line.",
        "[b]reak -<line>      Remove breakpoint from the specified line.",
        "[b]reak 0            Remove all breakpoints.",
        "[t]race              Show a backtrace.",
        "[e]val <code>        Execute some Lua code (in a different callframe).",
        "[r]edis <cmd>        Execute a Redis command.",
        "[m]axlen [len]       Trim logged Redis replies and Lua var dumps to len.",
        "                     Specifying zero as <len> means unlimited.",
        "[a]bort              Stop the execution of the script. In sync",
        "                     mode dataset changes will be retained.",
        "",
        "Debugger functions you can call from Lua scripts:",
        "redis.debug()        Produce logs in the debugger console.",
        "redis.breakpoint()   Stop execution like if there was a breakpoint in the",
        "                     next line of code.",
    ];

    /// <exception cref="LuaException">The script is to end.</exception>
    public static DebuggerOutcome Run(ScriptDebugger debugger, LuaCall lua, List<byte[]> words)
    {
        switch (NameOf(words[0]))
        {
            case "step" or "next":
                return DebuggerOutcome.Steps;
            case "continue":
                return DebuggerOutcome.Continues;
            case "abort":
                throw ScriptError.Fail(lua, "script aborted for user request");
            case "help":
                foreach (var line in _help) debugger.Log.Add(line);
                break;
            case "trace":
                Trace(debugger, lua.Machine);
                break;
            case "maxlen":
                LimitLength(debugger.Log, words);
                break;
            case "break":
                ChangeBreakpoints(debugger, words);
                break;
            case "eval":
                Evaluate(debugger.Log, lua, Joined(words));
                break;
            case "redis" when words.Count > 1:
                debugger.CallCommand(lua, words[1..]);
                break;
            case "print":
                if (words.Count == 2) Print(debugger.Log, lua.Machine, words[1]);
                else PrintAll(debugger.Log, lua.Machine);
                break;
            case "list":
                List(debugger, words);
                break;
            case "whole":
                Show(debugger, 1, int.MaxValue);
                break;
            default:
                debugger.Log.Add("<error> Unknown Redis Lua debugger command or wrong number of arguments.");
                break;
        }
        return DebuggerOutcome.Stays;
    }

    private static string? NameOf(byte[] word)
    {
        var text = ByteText.FromBytes(ByteText.UpToNul(word));
        return Array.Find(_names, name => text.Equals(name, StringComparison.OrdinalIgnoreCase) || text.Equals(name[..1], StringComparison.OrdinalIgnoreCase));
    }

    // ---- the source

    private static void List(ScriptDebugger debugger, List<byte[]> words)
    {
        var line = words.Count > 1 ? IntegerText.ParseLeading(words[1]) : 0;
        Show(debugger, line > 0 ? line : debugger.Source.Current, words.Count > 2 ? IntegerText.ParseLeading(words[2]) : ContextLines);
    }

    private static void Show(ScriptDebugger debugger, int around, int context)
    {
        foreach (var line in debugger.Source.Around(around, context)) debugger.Log.Add(line);
    }

    private static void ChangeBreakpoints(ScriptDebugger debugger, List<byte[]> words)
    {
        var (log, source) = (debugger.Log, debugger.Source);
        if (words.Count == 1) ShowBreakpoints(log, source);
        foreach (var word in words.Skip(1))
        {
            if (!IntegerText.TryParse(word, out var line)) log.Add($"Invalid argument:'{ByteText.FromBytes(word)}'");
            else if (line == 0)
            {
                source.RemoveBreakpoints();
                log.Add("All breakpoints removed.");
            }
            else if (line < 0) log.Add(source.RemoveBreakpoint(-line) ? "Breakpoint removed." : "No breakpoint in the specified line.");
            else if (source.Breakpoints.Count == SourceLines.BreakpointsMax) log.Add("Too many breakpoints set.");
            else if (source.TryAddBreakpoint(line)) Show(debugger, (int)line, 1);
            else log.Add("Wrong line number.");
        }
    }

    private static void ShowBreakpoints(DebugLog log, SourceLines source)
    {
        if (source.Breakpoints.Count == 0)
        {
            log.Add("No breakpoints set. Use 'b <line>' to add one.");
            return;
        }
        log.Add($"{source.Breakpoints.Count} breakpoints set:");
        foreach (var line in source.Breakpoints) log.Add(source.Show(line));
    }

    // ---- the stack. Level 0 is the debugger, the script's own begin with 1.

    /// <summary>It is sought from the top, and tail calls are levels, too.</summary>
    private static int StepsFor(int level) => 1 + level / 16;

    private static void Trace(ScriptDebugger debugger, LuaMachine machine)
    {
        for (var level = 1; !debugger.Log.IsFull && machine.TryGetInfo(level, out var source, out var line); level++)
        {
            machine.Spend(StepsFor(level));
            if (!ScriptDebugger.IsOfScript(source)) continue;
            debugger.Log.Add($"{(level == 1 ? "In" : "From")} {machine.FunctionName(level)?.ToString() ?? "top level"}:");
            debugger.Log.Add(debugger.Source.Show(line));
        }
    }

    /// <summary>A variable of the function that stands, or else of one that called it.</summary>
    private static void Print(DebugLog log, LuaMachine machine, byte[] name)
    {
        var wanted = ByteText.UpToNul(name);
        for (var level = 1; machine.Locals(level) is { } locals; level++)
        {
            machine.Spend(StepsFor(level) + locals.Count);
            foreach (var (found, value) in locals)
            {
                if (!wanted.SequenceEqual(found.Span)) continue;
                log.AddTrimmed($"<value> {ValueText.Of(machine, value, log.LengthMax)}");
                return;
            }
        }
        if (wanted.SequenceEqual("KEYS"u8) || wanted.SequenceEqual("ARGV"u8)) log.AddTrimmed($"<value> {ValueText.Of(machine, machine.Globals[machine.String(wanted)], log.LengthMax)}");
        else log.Add("No such variable.");
    }

    private static void PrintAll(DebugLog log, LuaMachine machine)
    {
        var locals = machine.Locals(1)!;
        foreach (var (name, value) in locals) log.AddTrimmed($"<value> {name} = {ValueText.Of(machine, value, log.LengthMax)}");
        if (locals.Count == 0) log.Add("No local variables in the current context.");
    }

    // ---- code

    /// <summary>The rest of the words, a blank between each two.</summary>
    private static byte[] Joined(List<byte[]> words) => ByteText.ToBytes(string.Join(' ', words.Skip(1).Select(word => ByteText.FromBytes(word))));

    /// <summary>Runs an expression, or else statements, which see globals only.</summary>
    private static void Evaluate(DebugLog log, LuaCall lua, byte[] code)
    {
        var machine = lua.Machine;
        var name = LuaString.Of("@ldb_eval"u8);
        if (!machine.TryCompile([.. "return "u8, .. code], name, out var prototype, out _) && !machine.TryCompile(code, name, out prototype, out var syntaxError))
            log.Add($"<error> {syntaxError}");
        else if (lua.TryCall(machine.Load(prototype), [], out var result)) log.AddTrimmed($"<retval> {ValueText.Of(machine, result, log.LengthMax)}");
        else log.Add($"<error> {TextOf(result)}");
    }

    /// <summary>Errors of commands are tables. (At these Redis 8.0.6 ends with a crash.)</summary>
    private static string TextOf(in LuaValue error) => error.TryGetTable(out var table) ? table[FieldNames.Error].ToString() : error.ToString();

    private static void LimitLength(DebugLog log, List<byte[]> words)
    {
        if (words.Count == 2) log.Limit(IntegerText.ParseLeading(words[1]));
        log.Add(log.LengthMax == int.MaxValue ? "<value> replies are unlimited." : $"<value> replies are truncated at {log.LengthMax} bytes.");
    }
}
