namespace Carnelian;

/// <summary>What the server is, and which Redis it is to its clients.</summary>
public static class Compatibility
{
    /// <summary>What HELLO and INFO report as the version: clients choose features by it.</summary>
    public const string RedisVersion = "8.0.6";

    /// <summary>Carnelian's own version, "1.2.3".</summary>
    public static string Release { get; } = typeof(Compatibility).Assembly.GetName().Version!.ToString(3);

    /// <summary>For people: both versions.</summary>
    public static string Product { get; } = $"Carnelian {Release} (compatible with Redis {RedisVersion})";
}
