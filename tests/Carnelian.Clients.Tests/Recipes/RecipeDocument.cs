using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>A page of docs/recipes: its code is what the tests run.</summary>
internal static partial class RecipeDocument
{
    public static string[] Names { get; } =
        [.. Directory.GetFiles(SourceTree.PathOf("docs", "recipes"), "*.md").Select(path => Path.GetFileNameWithoutExtension(path)).Where(name => name != "README").Order()];

    /// <summary>All code of a language on a page, in its order.</summary>
    public static string Code(string name, string language)
    {
        var blocks = Blocks(name).Where(block => block.Language == language).Select(block => block.Code).ToArray();
        Assert.That(blocks, Is.Not.Empty, $"{language} in {name}.md");
        return string.Join('\n', blocks);
    }

    public static IEnumerable<(string Language, string Code)> Blocks(string name) =>
        Block().Matches(File.ReadAllText(SourceTree.PathOf("docs", "recipes", $"{name}.md"))).Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
