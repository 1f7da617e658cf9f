using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>docs/configuration.md tells of each directive whether it has an effect, and of no others.</summary>
internal sealed class ConfigurationDocumentTests
{
    private static readonly Lazy<string> _document = new(() => File.ReadAllText(SourceTree.PathOf("docs", "configuration.md")));

    [Test]
    public void The_tables_name_the_directives_that_have_an_effect()
    {
        var cells = Section("## Directives with an effect").Split('\n').Where(line => line.StartsWith("| ")).Skip(2).Select(line => line.Split('|')[1]);
        Assert.That(Named(cells), Is.EquivalentTo(Declared(directive => !directive.Has(DirectiveFlags.Unimplemented))));
    }

    [Test]
    public void The_list_names_the_directives_without_an_effect_yet()
    {
        var items = Regex.Matches(Section("## Accepted without an effect yet"), @"^- [^:]*:(.*(?:\n  .*)*)", RegexOptions.Multiline).Select(match => match.Groups[1].Value);
        Assert.That(Named(items), Is.EquivalentTo(Declared(directive => directive.Has(DirectiveFlags.Unimplemented))));
    }

    /// <summary>As "name" or "name (alias)".</summary>
    private static IEnumerable<string> Named(IEnumerable<string> texts) => texts.SelectMany(text => text.Split(',')).Select(name => name.Trim());

    private static List<string> Declared(Func<Directive, bool> which)
    {
        using var server = new SimulatedServer();
        return [.. server.Server.Directives.Directives.Where(which).Select(d => d.Alias is null ? d.Name : $"{d.Name} ({d.Alias})")];
    }

    private static string Section(string title)
    {
        var from = _document.Value.IndexOf(title + "\n", StringComparison.Ordinal);
        Assert.That(from, Is.Not.Negative);
        var to = _document.Value.IndexOf("\n## ", from, StringComparison.Ordinal);
        return to < 0 ? _document.Value[from..] : _document.Value[from..to];
    }
}
