using System.Text;

namespace Carnelian.Tests;

public sealed class ArgumentSyntaxTests
{
    /// <summary>A tree with everything that is not the default: name:type token #spec @since !deprecated flags (children).</summary>
    private static string Shape(string text, int keySpecs = 3) => string.Join(", ", ArgumentSyntax.Parse(text, keySpecs).Select(Shape));

    private static string Shape(ArgumentNode node)
    {
        var text = new StringBuilder(node.Name).Append(':').Append(ArgumentSyntax.TypeNames[(int)node.Type]);
        if (node.DisplayText is not null && node.DisplayText != node.Name) text.Append(" shown ").Append(node.DisplayText);
        if (node.Token is not null) text.Append(" token <").Append(node.Token).Append('>');
        if (node.KeySpecIndex >= 0) text.Append(" #").Append(node.KeySpecIndex);
        if (node.Since is not null) text.Append(" @").Append(node.Since);
        if (node.DeprecatedSince is not null) text.Append(" !").Append(node.DeprecatedSince);
        if (node.Summary is not null) text.Append(" {").Append(node.Summary).Append('}');
        if (node.Flags != 0) text.Append(' ').Append(node.Flags);
        if (node.Children.Length > 0) text.Append(" (").AppendJoin(", ", node.Children.Select(Shape)).Append(')');
        return text.ToString();
    }

    [TestCase("key value", "key:key #0, value:string")]
    [TestCase("key newkey:key other:key last:key", "key:key #0, newkey:key #1, other:key #2, last:key #2")]
    [TestCase("destination:key#2 key", "destination:key #2, key:key #0")]
    [TestCase("numkeys:integer#0", "numkeys:integer #0")]
    [TestCase("key...", "key:key #0 Multiple")]
    [TestCase("[member...]", "member:string Optional, Multiple")]
    [TestCase("[COUNT count:integer@6.2.0]", "count:integer token <COUNT> @6.2.0 Optional")]
    [TestCase("[GET@6.2.0]", "get:pure-token token <GET> @6.2.0 Optional")]
    [TestCase("sorting:ALPHA", "sorting:pure-token token <ALPHA>")]
    [TestCase("(e: a:'=' | b:'')", "e:oneof (a:pure-token token <=>, b:pure-token token <>)")]
    [TestCase("addr='ip:port':string!2.8.12", "addr:string shown ip:port !2.8.12")]
    [TestCase("[GET... get-pattern='pattern':pattern#1]", "get-pattern:pattern shown pattern token <GET> #1 Optional, Multiple, MultipleToken")]
    [TestCase("(no-one: NO ONE)", "no-one:block (no:pure-token token <NO>, one:pure-token token <ONE>)")]
    [TestCase("FULL other:OTHER", "full:pure-token token <FULL>, other:pure-token token <OTHER>")]
    [TestCase("[LIMIT limit@7.0.0: offset count:integer]", "limit:block token <LIMIT> @7.0.0 Optional (offset:string, count:integer)")]
    [TestCase("(data: field value)...", "data:block Multiple (field:string, value:string)")]
    [TestCase("[c: NX | XX]@6.0.0", "c:oneof @6.0.0 Optional (nx:pure-token token <NX>, xx:pure-token token <XX>)")]
    [TestCase("NAME:string 'odd token' x{why it is}", "NAME:string, x:string token <odd token> {why it is}")]
    public void Trees(string text, string shape) => Assert.That(Shape(text), Is.EqualTo(shape));

    [TestCase("key", 2)]
    [TestCase("", 1)]
    [TestCase("key [a]", -2)]
    [TestCase("key...", -2)]
    [TestCase("(p: A x | B)", -2)]
    [TestCase("(p: A | B)", 2)]
    [TestCase("(data: field value)...", -3)]
    [TestCase("(LIMIT limit: a b)", 4)]
    [TestCase("COUNT count:integer", 3)]
    public void Arity_follows_from_the_syntax(string text, int arity) => Assert.That(ArgumentSyntax.ArityOf(ArgumentSyntax.Parse(text, 1), 1), Is.EqualTo(arity));

    [TestCase("a | b", "'|' belongs into a named group")]
    [TestCase("[a", "']' expected")]
    [TestCase("a]", "a name is missing")]
    [TestCase("(a)", "parentheses hold a named group")]
    [TestCase("(g: a b | c)", "an alternative is one argument; name a block of several")]
    [TestCase("(g: a | b c)", "an alternative is one argument; name a block of several")]
    [TestCase("g: a", "a named group stands in brackets or parentheses")]
    [TestCase("a:text", "there is no type 'text'")]
    [TestCase("a:oneof", "there is no type 'oneof'")]
    [TestCase("A b:C", null)]
    [TestCase("'A", "a quote is not closed")]
    [TestCase("a@", "a version is missing")]
    [TestCase("a#9", "there is no key spec 9")]
    [TestCase("a{b", "'{' is not closed")]
    [TestCase("GET...", "a repeated or empty token needs a name")]
    [TestCase("(a: (b: (c: (d: (e: (f: (g: (h: (i: j)))))))))", "nested too deeply")]
    public void A_wrong_syntax_says_what_is_wrong(string text, string? why)
    {
        if (why is null) Assert.That(() => ArgumentSyntax.Parse(text, 1), Throws.Nothing);
        else Assert.That(() => ArgumentSyntax.Parse(text, 1), Throws.InstanceOf<FormatException>().With.Message.EndsWith(why));
    }

    [Test]
    public void A_key_needs_a_key_spec() =>
        Assert.That(() => ArgumentSyntax.Parse("key", 0), Throws.InstanceOf<FormatException>().With.Message.Contains("no key specs"));
}
