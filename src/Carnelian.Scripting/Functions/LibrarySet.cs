namespace Carnelian;

/// <summary>Libraries by their names, and functions by theirs, whatever its case. Of two in one library that differ by nothing else the first is found, as in Redis.</summary>
internal sealed class LibrarySet
{
    private readonly Dictionary<string, FunctionLibrary> _libraries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LibraryFunction> _functions = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, LibraryFunction>.AlternateLookup<ReadOnlySpan<char>> _byLetters;

    public LibrarySet() => _byLetters = _functions.GetAlternateLookup<ReadOnlySpan<char>>();

    public IReadOnlyCollection<FunctionLibrary> Libraries => _libraries.Values;

    /// <summary>Of all libraries.</summary>
    public int FunctionCount { get; private set; }

    /// <summary>Of all libraries.</summary>
    public long Bytes { get; private set; }

    public FunctionLibrary? Find(string library) => _libraries.GetValueOrDefault(library);

    /// <summary>A function by its name, as it was sent.</summary>
    public LibraryFunction? FindFunction(ReadOnlySpan<byte> name)
    {
        const int usualMax = 128;
        if (name.Length > usualMax) return _functions.GetValueOrDefault(ByteText.FromBytes(name));
        Span<char> letters = stackalloc char[usualMax];
        letters = letters[..System.Text.Encoding.Latin1.GetChars(name, letters)];
        return _byLetters.TryGetValue(letters, out var function) ? function : null;
    }

    /// <summary>A function of a library that has the name of one that is there.</summary>
    public LibraryFunction? FindCollision(FunctionLibrary library) => library.Functions.Find(function => _functions.ContainsKey(function.Name));

    public void Add(FunctionLibrary library)
    {
        _libraries.Add(library.Name, library);
        foreach (var function in library.Functions) _functions.TryAdd(function.Name, function);
        FunctionCount += library.Functions.Count;
        Bytes += library.Bytes;
    }

    public void Remove(FunctionLibrary library)
    {
        _libraries.Remove(library.Name);
        foreach (var function in library.Functions) _functions.Remove(function.Name);
        FunctionCount -= library.Functions.Count;
        Bytes -= library.Bytes;
    }

    /// <summary>Adds all libraries of another set, or none.</summary>
    /// <param name="replaces">Those of the same name go.</param>
    /// <returns>Null, or why that can't be.</returns>
    public string? Join(LibrarySet other, bool replaces)
    {
        var replaced = new List<FunctionLibrary>();
        foreach (var library in other.Libraries)
        {
            if (Find(library.Name) is not { } old) continue;
            if (!replaces) return $"Library {library.Name} already exists";
            replaced.Add(old);
        }
        foreach (var old in replaced) Remove(old);
        foreach (var library in other.Libraries)
        {
            if (FindCollision(library) is not { } collision) continue;
            foreach (var old in replaced) Add(old);
            return $"Function {collision.Name} already exists";
        }
        foreach (var library in other.Libraries) Add(library);
        return null;
    }
}
