namespace Carnelian.Tests;

/// <summary>The repository that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of what lies there.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Carnelian.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("no Carnelian.slnx above " + AppContext.BaseDirectory);
        return directory;
    }
}
