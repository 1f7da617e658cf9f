namespace Carnelian.Tests;

/// <summary>Files that servers have written: a key of each type and encoding, functions, two databases.</summary>
internal static class Sample
{
    public static byte[] Redis { get; } = Load("redis-8.0.6.rdb");

    public static byte[] Valkey { get; } = Load("valkey-9.1.2.rdb");

    /// <summary>With a vector set, which Redis 8.0 keeps as the value of a module.</summary>
    public static byte[] Module { get; } = Load("module.rdb");

    private static byte[] Load(string name) => File.ReadAllBytes(SourceTree.PathOf("tests", "Carnelian.Tools.Tests", "Samples", name));
}
