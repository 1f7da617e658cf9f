namespace Carnelian;

/// <summary>
/// The scripts that were sent, by the SHA-1 of their text. Those of SCRIPT LOAD stay until SCRIPT FLUSH; of those of EVAL the 500 that were used last, because who makes a new text for each call
/// would fill the memory.
/// </summary>
public sealed class ScriptCache
{
    private const int ForgettableMax = 500;

    private readonly Scripting _scripting;
    private readonly Dictionary<ScriptDigest, CachedScript> _scripts = [];
    private readonly LinkedList<CachedScript> _forgettable = new();
    private long _scriptBytes;

    internal ScriptCache(Scripting scripting)
    {
        _scripting = scripting;
        Machine = new(scripting);
    }

    /// <summary>What its scripts run on.</summary>
    internal ScriptMachine Machine { get; private set; }

    /// <summary>number_of_cached_scripts.</summary>
    public int Count => _scripts.Count;

    /// <summary>evicted_scripts, since the start or CONFIG RESETSTAT.</summary>
    public long Forgotten { get; set; }

    /// <summary>used_memory_scripts_eval: texts and code of the scripts.</summary>
    public long ScriptBytes => _scriptBytes;

    /// <summary>used_memory_vm_eval: what the machine holds.</summary>
    public long MachineBytes => Machine.MeasureBytes();

    internal CachedScript? Find(ScriptDigest digest) => _scripts.GetValueOrDefault(digest);

    /// <summary>The script of EVAL's or EVALSHA's argument, if it is there.</summary>
    internal CachedScript? Find(in Call call)
    {
        if (!IsByDigest(call.Command)) return Find(ScriptDigest.Of(call.Args[1]));
        return ScriptDigest.TryParse(call.Args[1], out var digest) ? Find(digest) : null;
    }

    internal static bool IsByDigest(Command command) => command.Name is "evalsha" or "evalsha_ro";

    /// <summary>What the script of EVAL or EVALSHA declares; null when nobody knows.</summary>
    internal ScriptFlags? FlagsOf(in Call call)
    {
        if (Find(in call) is { } known) return known.Flags;
        return IsByDigest(call.Command) ? null : Shebang.Read(call.Args[1], out _)?.Flags;
    }

    /// <summary>The script with this text, compiled if it is new. Null: it is no Lua, and the error says why.</summary>
    /// <param name="stays">It is not forgotten to make room.</param>
    internal CachedScript? Load(ReadOnlySpan<byte> text, bool stays, out string? error)
    {
        error = null;
        var digest = ScriptDigest.Of(text);
        return Find(digest) ?? Compile(digest, text, stays, out error);
    }

    private CachedScript? Compile(ScriptDigest digest, ReadOnlySpan<byte> text, bool stays, out string? error)
    {
        if (Shebang.Read(text, out error) is not { } shebang) return null;
        // The line's end stays, so that lines are counted as they were written.
        if (!LuaCompiler.TryCompile(text[shebang.Length..], ScriptMachine.ScriptName, out var prototype, out var message, _scripting.Options.CompileLimitBytes))
        {
            error = $"Error compiling script (new function): {ByteText.FromBytes(message.Span)}";
            return null;
        }
        if (!Machine.Lua.TryLoad(prototype, out var function, out var tooMuch))
        {
            error = $"Error compiling script (new function): {tooMuch.Message}";
            return null;
        }
        var script = new CachedScript(digest, text.ToArray(), shebang.Flags, prototype, function);
        if (!stays)
        {
            while (_forgettable.Count >= ForgettableMax) Forget(_forgettable.First!.Value);
            script.Use = _forgettable.AddLast(script);
        }
        _scripts.Add(digest, script);
        _scriptBytes += script.Bytes;
        return script;
    }

    private void Forget(CachedScript script)
    {
        _scripts.Remove(script.Digest);
        _forgettable.Remove(script.Use!);
        _scriptBytes -= script.Bytes;
        Forgotten++;
    }

    /// <summary>It has been used.</summary>
    internal void Touch(CachedScript script)
    {
        if (script.Use is not { List: not null } use || use.Next is null) return;
        _forgettable.Remove(use);
        _forgettable.AddLast(use);
    }

    /// <summary>Forgets all scripts, and whatever they have left on their machine.</summary>
    internal void Flush()
    {
        _scripts.Clear();
        _scripts.TrimExcess();
        _forgettable.Clear();
        _scriptBytes = 0;
        Machine = new(_scripting);
    }
}
