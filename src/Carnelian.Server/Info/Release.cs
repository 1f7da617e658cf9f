namespace Carnelian;

/// <summary>Which release this is, and which Redis it behaves like.</summary>
public static class Release
{
    /// <summary>What HELLO and INFO report as the version: clients choose features by it.</summary>
    public const string RedisVersion = "8.0.6";

    /// <summary>Carnelian's own: "0.1.0".</summary>
    public static string Version { get; } = typeof(Release).Assembly.GetName().Version!.ToString(3);

    /// <summary>What --version says behind the program's name, in the form that tools look for.</summary>
    public static string VersionLine { get; } = $"v={RedisVersion} sha=00000000:0 malloc=carnelian-{Version} bits=64 build=0";

    public static string Product { get; } = $"Carnelian {Version} (compatible with Redis {RedisVersion})";
}
