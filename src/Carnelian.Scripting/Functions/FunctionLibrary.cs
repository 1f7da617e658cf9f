namespace Carnelian;

/// <summary>A library: its source, and the functions that it has registered.</summary>
internal sealed class FunctionLibrary(string name, byte[] code)
{
    /// <summary>What a library and what a function take beside texts and code, approximately.</summary>
    private const int LibraryOverheadBytes = 200, FunctionOverheadBytes = 160;

    private readonly HashSet<string> _names = [];

    public string Name => name;

    /// <summary>With the first line.</summary>
    public byte[] Code => code;

    /// <summary>In the order in which they were registered.</summary>
    public List<LibraryFunction> Functions { get; } = [];

    /// <summary>Of its compiled code.</summary>
    public long CompiledBytes { get; set; }

    public long Bytes
    {
        get
        {
            var bytes = LibraryOverheadBytes + name.Length + code.Length + CompiledBytes;
            foreach (var function in Functions) bytes += FunctionOverheadBytes + function.Name.Length + (function.Description?.Length ?? 0);
            return bytes;
        }
    }

    /// <summary>False: there is one of that name.</summary>
    public bool TryName(string functionName) => _names.Add(functionName);
}

/// <param name="FirstPlace">Where the machine's registry keeps the callback; behind it, up to <paramref name="LastPlace"/>, the texts.</param>
internal sealed record LibraryFunction(string Name, FunctionLibrary Library, LuaFunction Callback, LuaString? Description, ScriptFlags Flags, int FirstPlace, int LastPlace);
