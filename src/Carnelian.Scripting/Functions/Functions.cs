using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The functions of a server. They are data: what changes them is propagated, and files have the sources of their libraries. All run on one machine, whose globals while a library is loaded are few: enough to
/// register functions.
/// </summary>
public sealed class Functions
{
    public const string EngineName = "LUA";

    /// <summary>A library that takes longer to be loaded is refused, unless it comes from where it was loaded once.</summary>
    private const long LoadMsMax = 500;

    /// <summary>Names are short, mostly: no more than the function itself takes.</summary>
    private const int UncountedNameMax = 64;

    private readonly Scripting _scripting;
    private int _lastPlace;

    internal Functions(Scripting scripting)
    {
        _scripting = scripting;
        Machine = new(scripting, this);
    }

    /// <summary>Told whenever they have changed, with the sources of all libraries.</summary>
    public Action<IReadOnlyList<byte[]>>? Changed { get; set; }

    internal LibrarySet Current { get; private set; } = new();

    internal FunctionMachine Machine { get; private set; }

    /// <summary>The library that is being loaded.</summary>
    internal FunctionLibrary? Loading { get; private set; }

    private long _loadBeganNanoseconds;
    private bool _isTrusted;

    // Loading.

    /// <summary>FUNCTION LOAD. Null: it could not be loaded, and the error says why.</summary>
    internal FunctionLibrary? Load(ReadOnlySpan<byte> code, bool replaces, bool isTrusted, out string? error)
    {
        BeginLoading(isTrusted);
        var library = LoadInto(Current, code, replaces, out error);
        if (library is not null) TellChange();
        return library;
    }

    private void BeginLoading(bool isTrusted)
    {
        _loadBeganNanoseconds = _scripting.Clock.MonotonicNanoseconds;
        _isTrusted = isTrusted;
    }

    private FunctionLibrary? LoadInto(LibrarySet set, ReadOnlySpan<byte> code, bool replaces, out string? error)
    {
        error = ScriptRun.NotAllowed;
        if (_scripting.IsRunning || LibraryHeader.Read(code, out error) is not { } header) return null;
        var old = set.Find(header.Name);
        if (!LibraryHeader.IsName(header.Name))
            error = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
        else if (!string.Equals(header.Engine, EngineName, StringComparison.OrdinalIgnoreCase)) error = $"Engine '{header.Engine}' not found";
        else if (old is not null && !replaces) error = $"Library '{header.Name}' already exists";
        if (error is not null) return null;
        var library = new FunctionLibrary(header.Name, code.ToArray());
        if (old is not null) set.Remove(old);
        error = Run(library, code[header.Length..]);
        if (error is null && library.Functions.Count == 0) error = "No functions registered";
        if (error is null && set.FindCollision(library) is { } collision) error = $"Function {collision.Name} already exists";
        if (error is not null)
        {
            Release(library);
            if (old is not null) set.Add(old);
            return null;
        }
        set.Add(library);
        if (old is not null) Release(old);
        return library;
    }

    /// <summary>Has a library register its functions. Null, or what went wrong.</summary>
    private string? Run(FunctionLibrary library, ReadOnlySpan<byte> code)
    {
        if (!LuaCompiler.TryCompile(code, ScriptMachine.FunctionName, out var prototype, out var message, _scripting.Options.CompileLimitBytes)) return $"Error compiling function: {ByteText.FromBytes(message.Span)}";
        library.CompiledBytes = prototype.Bytes;
        Loading = library;
        var error = Machine.RunLibrary(prototype);
        Loading = null;
        return error is null ? null : $"Error registering functions: {error}";
    }

    /// <summary>A library that is being loaded looks up from its work.</summary>
    internal void LookUp(LuaMachine machine)
    {
        if ((_scripting.Clock.MonotonicNanoseconds - _loadBeganNanoseconds) / 1_000_000 <= LoadMsMax) return;
        if (!_isTrusted) throw machine.Abort("FUNCTION LOAD timeout"u8, tellsWhere: false);
        // Whoever comes while a file is loaded is told so, but may end the server.
        if ((_scripting.Executor.ClosedGates & Gates.Loading) != 0) _scripting.Executor.TurnInside();
        if (_scripting.IsEnding()) throw machine.Abort("The server is shutting down"u8, tellsWhere: false);
    }

    /// <summary>redis.register_function: adds one to the library that is being loaded. Null, or why that can't be.</summary>
    internal string? Register(LuaString givenName, LuaFunction callback, LuaString? description, ScriptFlags flags)
    {
        var name = ByteText.FromBytes(givenName.Span);
        if (!LibraryHeader.IsName(name)) return "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
        var library = Loading!;
        if (!library.TryName(name)) return "Function already exists in the library";
        // The machine counts what the host holds of it.
        var place = _lastPlace + 1;
        Machine.Lua.Registry.Set(++_lastPlace, callback);
        if (description is not null) Machine.Lua.Registry.Set(++_lastPlace, description);
        if (name.Length > UncountedNameMax) Machine.Lua.Registry.Set(++_lastPlace, givenName);
        library.Functions.Add(new(name, library, callback, description, flags, place, _lastPlace));
        return null;
    }

    /// <summary>Lets the machine forget what a library has registered.</summary>
    private void Release(FunctionLibrary library)
    {
        foreach (var function in library.Functions)
        {
            for (var place = function.FirstPlace; place <= function.LastPlace; place++) Machine.Lua.Registry.Set(place, LuaValue.Nil);
        }
    }

    // All of them.

    internal void Delete(FunctionLibrary library)
    {
        Current.Remove(library);
        Release(library);
        TellChange();
    }

    /// <summary>Forgets all functions, and whatever they have left on their machine.</summary>
    public void Flush()
    {
        Current = new();
        Machine = new(_scripting, this);
        TellChange();
    }

    /// <summary>Loads all libraries anew, on a new machine. One that is refused there is gone.</summary>
    internal void Reload()
    {
        BeginLoading(isTrusted: true);
        var old = Current.Libraries;
        Current = new();
        Machine = new(_scripting, this);
        foreach (var library in old)
        {
            if (LoadInto(Current, library.Code, replaces: false, out var error) is null)
                _scripting.Log.LogWarning("Failed loading library, {Error}", ByteText.ToShown(error!));
        }
        TellChange();
    }

    /// <summary>Adds libraries that are in none of this server's sets yet, all or none. Null, or why that can't be.</summary>
    internal string? Restore(IReadOnlyList<byte[]> sources, RestorePolicy policy, bool isTrusted)
    {
        BeginLoading(isTrusted);
        var set = new LibrarySet();
        string? error = null;
        foreach (var source in sources)
        {
            if (LoadInto(set, source, replaces: false, out error) is null) break;
        }
        if (error is null && policy != RestorePolicy.Flush) error = Join(set, policy == RestorePolicy.Replace);
        else if (error is null) Exchange(set);
        if (error is not null)
        {
            foreach (var library in set.Libraries) Release(library);
            return error;
        }
        TellChange();
        return null;
    }

    private string? Join(LibrarySet set, bool replaces)
    {
        var replaced = new List<FunctionLibrary>();
        foreach (var library in set.Libraries)
        {
            if (Current.Find(library.Name) is { } old) replaced.Add(old);
        }
        if (Current.Join(set, replaces) is { } error) return error;
        foreach (var old in replaced) Release(old);
        return null;
    }

    private void Exchange(LibrarySet set)
    {
        foreach (var library in Current.Libraries) Release(library);
        Current = set;
    }

    /// <summary>Takes what came in a file. Null, or why it can't be used.</summary>
    public string? TakeLoaded(IReadOnlyList<byte[]> sources, RestorePolicy policy) => Restore(sources, policy, isTrusted: true);

    private void TellChange()
    {
        if (Changed is null) return;
        var sources = new List<byte[]>();
        foreach (var library in Current.Libraries) sources.Add(library.Code);
        Changed(sources);
    }
}

/// <summary>What becomes of the libraries there are when others are restored.</summary>
public enum RestorePolicy
{
    /// <summary>They stay, and one of the same name is an error.</summary>
    Append,

    /// <summary>Those of the same names go.</summary>
    Replace,

    /// <summary>They all go.</summary>
    Flush,
}
