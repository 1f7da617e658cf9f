namespace Carnelian;

/// <summary>Which release this is, and which Redis it behaves like.</summary>
public static class Release
{
    /// <summary>What HELLO and INFO report as the version: clients choose features by it.</summary>
    public const string RedisVersion = "8.0.6";

    /// <summary>Carnelian's own: "0.1.0".</summary>
    public static string Version { get; } = typeof(Release).Assembly.GetName().Version!.ToString(3);

    public static string Product { get; } = $"Carnelian {Version} (compatible with Redis {RedisVersion})";
}
