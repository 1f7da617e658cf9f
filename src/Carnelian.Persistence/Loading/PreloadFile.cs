namespace Carnelian;

/// <summary>What preload-file names: files that a start loads instead of the server's own, such as a backup. A kind and a path, <c>aof:/backup/appendonly.aof.manifest</c>.</summary>
/// <param name="IsAppendOnly">A manifest, or a single file of commands; else an RDB file.</param>
public readonly record struct PreloadFile(bool IsAppendOnly, string Path)
{
    private const int KindLength = 4;

    /// <summary>What is wrong with a value, in Redis' words; null: nothing. An empty one, as a rewritten configuration has it, names none.</summary>
    public static string? Validate(string value)
    {
        if (value.Length == 0) return null;
        if (!value.StartsWith("aof:", StringComparison.Ordinal) && !value.StartsWith("rdb:", StringComparison.Ordinal) || !System.IO.Path.IsPathFullyQualified(value[KindLength..]))
            return "argument must be in the format '[aof|rdb]:[filename]'";
        var path = value[KindLength..];
        var parts = path[System.IO.Path.GetPathRoot(path)!.Length..].Split(System.IO.Path.DirectorySeparatorChar);
        if (Array.Exists(parts, static part => part is "" or "." or "..")) return "preload-file path must be a normalized absolute file path";
        return path.LastIndexOf('.') is >= 0 and var dot && dot < path.Length - 1 ? null : "preload-file must end with an extension";
    }

    /// <summary>Null: the server loads its own files.</summary>
    public static PreloadFile? Of(PersistenceOptions options)
    {
        var value = options.PreloadFile;
        return value.Length <= KindLength ? null : new(value.StartsWith("aof:", StringComparison.Ordinal), ByteText.ToText(value[KindLength..]) ?? value[KindLength..]);
    }
}
