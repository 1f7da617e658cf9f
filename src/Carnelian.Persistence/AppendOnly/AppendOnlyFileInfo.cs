namespace Carnelian;

/// <summary>What a file of an append-only set is; the letter that the manifest has for it.</summary>
public enum AppendOnlyFileType : byte
{
    /// <summary>A snapshot, as RDB or as commands.</summary>
    Base = (byte)'b',

    /// <summary>What a rewrite has replaced and nobody has deleted yet.</summary>
    History = (byte)'h',

    /// <summary>Commands that came after the base and the increments before.</summary>
    Increment = (byte)'i',
}

/// <summary>A line of the manifest.</summary>
/// <param name="Name">Of the file, in the folder of the set, one char per byte.</param>
/// <param name="StartOffset">Of the replication stream, where an increment begins; null: not told. Redis 8 tells it.</param>
/// <param name="EndOffset">Where it ends, if it does; null: not told.</param>
public sealed record AppendOnlyFileInfo(string Name, long Sequence, AppendOnlyFileType Type, long? StartOffset = null, long? EndOffset = null);

/// <summary>How the files of a set are named, by the directive appendfilename.</summary>
public static class AppendOnlyNames
{
    public static string Manifest(string fileName) => fileName + ".manifest";

    public static string TemporaryManifest(string fileName) => $"temp-{fileName}.manifest";

    /// <summary>Takes what is changed while a first base is being written.</summary>
    public static string TemporaryIncrement(string fileName) => $"temp-{fileName}.incr";

    public static string Base(string fileName, long sequence, bool isRdb) => $"{fileName}.{sequence}.base.{(isRdb ? "rdb" : "aof")}";

    public static string Increment(string fileName, long sequence) => $"{fileName}.{sequence}.incr.aof";

    /// <summary>Is it named as a base or an increment of the set?</summary>
    public static bool IsPart(string fileName, string name) => name.StartsWith(fileName + ".", StringComparison.Ordinal) && TrySequence(name[fileName.Length..], out _, out _);

    /// <summary>The number in the name of a base or an increment.</summary>
    public static bool TrySequence(string name, out long sequence, out bool isBase)
    {
        sequence = 0;
        isBase = name.EndsWith(".base.rdb", StringComparison.Ordinal) || name.EndsWith(".base.aof", StringComparison.Ordinal);
        if (!isBase && !name.EndsWith(".incr.aof", StringComparison.Ordinal)) return false;
        var stem = name.AsSpan(0, name.Length - ".base.rdb".Length);
        return long.TryParse(stem[(stem.LastIndexOf('.') + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out sequence);
    }
}
