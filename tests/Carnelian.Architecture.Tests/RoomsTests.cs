using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>ARCHITECTURE.md's table of rooms is true: it names each folder of the projects, and no other.</summary>
public partial class RoomsTests
{
    [Test]
    public void The_table_of_rooms_names_the_folders_that_there_are()
    {
        var told = Room().Matches(File.ReadAllText(SourceTree.PathOf("ARCHITECTURE.md"))).Select(match => match.Groups[1].Value);
        var there = Repository.Sources("src")
            .Select(path => Path.GetDirectoryName(Repository.Relative(path)["src/".Length..])!.Replace('\\', '/'))
            .Where(folder => folder.Contains('/')).Distinct();
        Assert.That(told, Is.EquivalentTo(there));
    }

    [GeneratedRegex(@"^\| `(Carnelian[\w.]*/[\w/]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Room();
}
