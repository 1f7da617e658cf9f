namespace Carnelian.Tests;

/// <summary>Where scenarios (*.txt) and recordings (*.server-version.replies) lie side by side in the sources.</summary>
internal static class ScenarioFolder
{
    private static readonly string _folder = SourceTree.PathOf("tests", "Carnelian.Compatibility.Tests", "Scenarios");

    public static IEnumerable<string> Scenarios => Directory.GetFiles(_folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order();

    public static IEnumerable<string> Recordings => Directory.GetFiles(_folder, "*.replies").Select(path => Path.GetFileName(path)).Order();

    public static string PathOf(string file) => Path.Combine(_folder, file);
}
