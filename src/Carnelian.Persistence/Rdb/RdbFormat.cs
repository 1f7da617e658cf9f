namespace Carnelian;

/// <summary>Who is to read files and payloads (rdb-format).</summary>
public enum RdbFormat
{
    /// <summary>Files: who knows what is in them, from Redis 7.0 on; with times of fields, Redis from 7.4 on. Payloads: Redis 8.</summary>
    Lowest,

    /// <summary>As <see cref="Lowest"/>, payloads too.</summary>
    Redis70,

    /// <summary>Redis from 7.4 on. No value is put into an older form, so that writing and loading take the least time.</summary>
    Redis8,

    /// <summary>As <see cref="Lowest"/>, but with times of fields Valkey 9 and not Redis: each refuses the other's.</summary>
    Valkey,
}

/// <summary>Which version of the format is written for whom.</summary>
public static class RdbFormats
{
    /// <summary>The version of a file that holds all of a keyspace as it is now. O(databases): hashes whose fields expire are the only values that need a later one, and they are counted.</summary>
    public static int FileVersion(this RdbFormat format, Keyspace keyspace)
    {
        if (format == RdbFormat.Redis8) return RdbVersion.Redis;
        foreach (var database in keyspace.Databases)
        {
            if (database.Data.FieldsExpiring > 0) return format == RdbFormat.Valkey ? RdbVersion.Valkey : RdbVersion.Redis;
        }
        return RdbVersion.Redis70;
    }

    /// <summary>Which forms payloads may have; each bears the first version that knows the value's.</summary>
    public static int PayloadVersion(this RdbFormat format) => format switch
    {
        RdbFormat.Redis70 => RdbVersion.Redis70,
        RdbFormat.Valkey => RdbVersion.Valkey,
        _ => RdbVersion.Redis,
    };
}
