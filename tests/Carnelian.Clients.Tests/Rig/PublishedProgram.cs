using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>
/// What <c>dotnet publish</c> yields, the native executable where a C linker is there. CARNELIAN_PROGRAM names one that was published before; without it, it is
/// published once in a run, which takes half a minute the first time and little if nothing has changed since.
/// </summary>
internal static class PublishedProgram
{
    private const string Variable = "CARNELIAN_PROGRAM";

    private static readonly Lazy<string> _path = new(Find);

    public static string Path => _path.Value;

    public static string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>The portable one is a small starter of carnelian.dll.</summary>
    public static bool IsNative => !File.Exists(System.IO.Path.Combine(Folder, "carnelian.dll"));

    /// <summary>Publishes into <paramref name="folder"/>, away from the tree's own objects: other projects may be built from those meanwhile.</summary>
    public static Outcome Publish(string folder, params string[] options)
    {
        var artifacts = System.IO.Path.Combine(AppContext.BaseDirectory, "publishing");
        string[] arguments = ["publish", SourceTree.PathOf("src", "Carnelian"), "-c", "Release", "-o", folder, "--artifacts-path", artifacts, .. options];
        var start = new ProcessStartInfo("dotnet", arguments);
        // No build server may outlive the test with its output in hand.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        var outcome = ChildProcess.Run(start, patience: Patience.OfBuilds);
        Assert.That(outcome.Status, Is.Zero, outcome.Everything);
        return outcome;
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return File.Exists(given) ? System.IO.Path.GetFullPath(given) : throw new FileNotFoundException($"{Variable} names a program that is not there: {given}");
        var folder = System.IO.Path.Combine(AppContext.BaseDirectory, "published");
        var said = Publish(folder).Output.Split('\n').LastOrDefault(line => line.Contains("Carnelian: published"));
        TestContext.Error.WriteLine(said?.Trim());
        return System.IO.Path.Combine(folder, "carnelian");
    }
}
