namespace Carnelian.Tests;

public sealed class KeySpecTests
{
    private static string Keys(string call, bool withNotKeys = false)
    {
        var arguments = CommandHarness.Arguments(call);
        if (!CommandHarness.Table.Find(arguments)!.FindKeys(arguments, out var keys, withNotKeys)) return "invalid";
        var positions = new List<int>();
        foreach (var key in keys) positions.Add(key.Position);
        Assert.That(keys.KeyCount, Is.EqualTo(positions.Count));
        return string.Join(' ', positions);
    }

    [TestCase("get k", "1")]
    [TestCase("mset a 1 b 2", "1 3")]
    [TestCase("mset a 1 b", "1 3")]
    [TestCase("rename a b", "1 2")]
    [TestCase("eval s 0 x", "invalid")]
    [TestCase("eval s 2 a b c", "3 4")]
    [TestCase("eval s 3 a b", "invalid")]
    [TestCase("eval s 2147483647 a b", "invalid")]
    [TestCase("eval s 99999999999999999999 a b", "invalid")]
    [TestCase("eval s 1x a b", "3")]
    [TestCase("eval s 02 a b", "3 4")]
    [TestCase("eval s +2 a b", "3 4")]
    [TestCase("zunionstore to 2 a b", "1 3 4")]
    [TestCase("xread streams a b 0 0", "2 3")]
    [TestCase("xread count 2 STREAMS a 0", "4")]
    [TestCase("xread count 2 streams", "")]
    [TestCase("georadius k 1 2 3 m store a", "1 7")]
    [TestCase("config get x", "")]
    public void Keys_of_a_call(string call, string positions) => Assert.That(Keys(call), Is.EqualTo(positions));

    [Test]
    public void What_is_only_routed_like_a_key_is_found_on_request()
    {
        Assert.That(Keys("spublish channel message"), Is.Empty);
        Assert.That(Keys("spublish channel message", withNotKeys: true), Is.EqualTo("1"));
    }

    [Test]
    public void A_million_keys_are_one_range()
    {
        var words = new byte[2_000_001][];
        Array.Fill(words, [1]);
        CommandHarness.Find("mset").FindKeys(CommandHarness.Arguments(words), out var keys);
        Assert.That(keys.Ranges.Length, Is.EqualTo(1));
        Assert.That(keys.KeyCount, Is.EqualTo(1_000_000));
    }

    [Test]
    public void A_step_between_counted_keys_skips_what_belongs_to_them()
    {
        var spec = KeySpec.ParseAll("1#:2 OW update")[0];
        var keys = default(KeyRanges);
        Assert.That(KeySearch.TryFind(spec, CommandHarness.Arguments("msetex 2 a 1 b 2 ex 5"), ref keys), Is.True);
        Assert.That(keys.Ranges.ToArray(), Is.EqualTo(new[] { new KeyRange(2, 4, 2, KeyFlags.OW | KeyFlags.Update) }));
    }

    [Test]
    public void Notes_may_hold_semicolons_and_parentheses()
    {
        var specs = KeySpec.ParseAll("1 RO access (first; (really)); 2..-1 OW update (second)");
        Assert.That(specs.Select(spec => spec.Notes), Is.EqualTo(new[] { "first; (really)", "second" }));
        Assert.That(specs[1].Last, Is.EqualTo(-1));
    }

    [TestCase("x RO", "'x' is no small number")]
    [TestCase("0 RO", "an index is at least 1")]
    [TestCase("1", "flags are missing")]
    [TestCase("1 RX", "there is no flag 'RX'")]
    [TestCase("1..-2/2 RO", "only a range to -1 has a limit")]
    [TestCase("1#2 RO", "'#' is followed by two numbers or none")]
    [TestCase("1..-1:0 RO", "a step is at least 1")]
    [TestCase("@1 RO", "a keyword is WORD@FROM, FROM not 0")]
    [TestCase("KEYS@0 RO", "a keyword is WORD@FROM, FROM not 0")]
    [TestCase("1 RO (note", "the note has no closing parenthesis")]
    [TestCase("1 RO; ", "a place is missing")]
    [TestCase("1.. RO", "'' is no small number")]
    public void A_wrong_spec_says_what_is_wrong(string text, string why) =>
        Assert.That(() => KeySpec.ParseAll(text), Throws.InstanceOf<FormatException>().With.Message.EndsWith(why));
}
