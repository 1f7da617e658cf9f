namespace Carnelian;

/// <summary>The forms that values have in RDB files, as redis-check-rdb calls them.</summary>
internal static class RdbForms
{
    /// <summary>By <see cref="RdbType"/>.</summary>
    private static readonly string[] _names =
    [
        "string", "list-linked", "set-hashtable", "zset-v1", "hash-hashtable", "zset-v2", "module-pre-release", "module-value", "", "hash-zipmap", "list-ziplist", "set-intset", "zset-ziplist",
        "hash-ziplist", "quicklist", "stream", "hash-listpack", "zset-listpack", "quicklist-v2", "stream-v2", "set-listpack", "stream-v3", "hash-hashtable-md-pre-release",
        "hash-listpack-md-pre-release", "hash-hashtable-md", "hash-listpack-md", "stream-v4",
    ];

    /// <param name="version">Of the file: Valkey's type 22 is one of its own.</param>
    public static string NameOf(int type, int version) =>
        type == (int)RdbType.HashTimesPreGa && version >= RdbVersion.Valkey ? "hash-hashtable-md" : type < _names.Length ? _names[type] : "unknown";
}
