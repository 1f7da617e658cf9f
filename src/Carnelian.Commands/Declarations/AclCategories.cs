namespace Carnelian;

/// <summary>Groups of commands that ACL rules name as "@read". Order and names are those of Redis' ACL CAT.</summary>
[Flags]
internal enum AclCategories : ulong
{
    None = 0,
    Keyspace = 1 << 0,
    Read = 1 << 1,
    Write = 1 << 2,
    Set = 1 << 3,
    SortedSet = 1 << 4,
    List = 1 << 5,
    Hash = 1 << 6,
    String = 1 << 7,
    Bitmap = 1 << 8,
    HyperLogLog = 1 << 9,
    Geo = 1 << 10,
    Stream = 1 << 11,
    PubSub = 1 << 12,
    Admin = 1 << 13,
    Fast = 1 << 14,
    Slow = 1 << 15,
    Blocking = 1 << 16,
    Dangerous = 1 << 17,
    Connection = 1 << 18,
    Transaction = 1 << 19,
    Scripting = 1 << 20,
}

/// <summary>The names of ACL categories. Also compiled into the generator, which checks declarations with it.</summary>
internal static class AclCategoryNames
{
    /// <summary>In the order of the bits.</summary>
    public static readonly string[] All =
        ["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub",
            "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"];

    /// <summary>The category of one name in any case; None when there is no such category.</summary>
    public static AclCategories Find(string name)
    {
        for (var i = 0; i < All.Length; i++)
            if (string.Equals(All[i], name, StringComparison.OrdinalIgnoreCase))
                return (AclCategories)(1UL << i);
        return AclCategories.None;
    }

    /// <summary>Reads names divided by spaces.</summary>
    /// <exception cref="FormatException">A name is unknown.</exception>
    public static AclCategories Parse(string names)
    {
        var categories = AclCategories.None;
        foreach (var name in names.Split([' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var category = Find(name);
            if (category == AclCategories.None) throw new FormatException($"there is no ACL category '{name}'");
            categories |= category;
        }
        return categories;
    }

    /// <summary>The category that commands of a group have when they declare none: "string" for the group "string".</summary>
    public static AclCategories OfGroup(string group) => group switch
    {
        "generic" => AclCategories.Keyspace,
        "sorted-set" => AclCategories.SortedSet,
        "transactions" => AclCategories.Transaction,
        "pubsub" => AclCategories.None, // follows from the flag
        _ => Find(group),
    };
}
