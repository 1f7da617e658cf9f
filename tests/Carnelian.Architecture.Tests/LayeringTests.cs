using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Carnelian.Tests;

/// <summary>Which project may name which, and where memory may be touched without bounds checks.</summary>
public class LayeringTests
{
    /// <summary>The floors in the order of the design: a project names only projects above it.</summary>
    private static readonly string[] _floors =
    [
        "Carnelian.Memory", "Carnelian.Formats", "Carnelian.Containers", "Carnelian.World", "Carnelian.Configuration", "Carnelian.Protocol",
        "Carnelian.Keyspace", "Carnelian.Commands", "Carnelian.Connections", "Carnelian.Lua", "Carnelian.Scripting", "Carnelian.Persistence", "Carnelian.Replication",
        "Carnelian.Cluster", "Carnelian.Sentinel", "Carnelian.Server", "Carnelian.Http", "Carnelian.Tools", "Carnelian",
    ];

    private static readonly string[] _mayBeUnsafe = ["Carnelian.Memory", "Carnelian.Containers", "Carnelian.World"];

    [Test]
    public void Every_project_stands_on_a_floor()
    {
        Assert.That(Repository.Projects.Keys, Is.SubsetOf(_floors));
    }

    [Test]
    public void A_project_references_only_floors_above_it()
    {
        Assert.Multiple(() =>
        {
            foreach (var (project, path) in Repository.Projects)
            {
                var above = _floors[..Array.IndexOf(_floors, project)];
                Assert.That(References(path, "ProjectReference"), Is.SubsetOf(above), project);
            }
        });
    }

    /// <summary>An application that embeds a server gets nothing of ASP.NET Core along with it.</summary>
    [Test]
    public void Only_the_program_knows_HTTP()
    {
        var knowing = Repository.Projects.Where(project => References(project.Value, "ProjectReference").Contains("Carnelian.Http"));
        Assert.That(knowing.Select(project => project.Key), Is.EqualTo(new[] { "Carnelian" }));
        var framework = Repository.Projects.Where(project => References(project.Value, "FrameworkReference").Length > 0);
        Assert.That(framework.Select(project => project.Key), Is.EqualTo(new[] { "Carnelian.Http" }));
    }

    private static string[] References(string project, string kind) =>
        [.. XDocument.Load(project).Descendants(kind).Where(reference => reference.Attribute("ReferenceOutputAssembly")?.Value != "false")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))];

    /// <summary>Whether a dataset has one table or one per slot is nobody's business above it.</summary>
    [Test]
    public void Tables_of_keys_are_seen_by_the_keyspace_alone()
    {
        var uses = new Regex(@"\b(KeyTable\w*|KeyWalk|EntryHandle|EntryTransfer)\b");
        var offenders = Repository.Sources("src")
            .Where(path => Repository.ProjectOf(path) is not ("Carnelian.Containers" or "Carnelian.Keyspace"))
            .SelectMany(path => uses.Matches(Repository.Code(path)).Select(match => $"{Repository.Relative(path)}: {match.Value}"));
        Assert.That(offenders, Is.Empty);
    }

    [Test]
    public void Unsafe_blocks_are_allowed_on_the_lowest_floors_only()
    {
        var allowing = Repository.Projects
            .Where(project => XDocument.Load(project.Value).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true"))
            .Select(project => project.Key);
        Assert.That(allowing, Is.SubsetOf(_mayBeUnsafe));
    }

    [Test]
    public void Unchecked_memory_and_native_calls_occur_on_the_lowest_floors_only()
    {
        var uses = new Regex(@"\bunsafe\b|\bUnsafe\s*\.|\bMemoryMarshal\s*\.|\bMarshal\s*\.|\b(DllImport|LibraryImport)\b|\bSkipLocalsInit\b");
        var offenders = Repository.Sources("src")
            .Where(path => !_mayBeUnsafe.Contains(Repository.ProjectOf(path)))
            .SelectMany(path => uses.Matches(Repository.Code(path)).Select(match => $"{Repository.Relative(path)}: {match.Value}"));
        Assert.That(offenders, Is.Empty);
    }
}
