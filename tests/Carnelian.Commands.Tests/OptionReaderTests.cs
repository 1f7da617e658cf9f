using System.Text;

namespace Carnelian.Tests;

public sealed class OptionReaderTests
{
    private const string Syntax = "-ERR syntax error";
    private const string NotInteger = "-ERR value is not an integer or out of range";

    private enum Side
    {
        None,
        Left,
        Right,
    }

    /// <summary>Answers what it has read of "key [FLAG] [LEFT | RIGHT] [COUNT number] [DEPTH number, at least 1] [PAIR one two] [NAMED name]".</summary>
    private static void Handler(ref Call call)
    {
        var flag = false;
        var side = Side.None;
        long count = 0, depth = 0;
        string? pair = null, name = null;
        var options = new OptionReader(call.Args, 2);
        while (options.Next())
        {
            if (options.Is("flag"u8)) flag = true;
            else if (options.Chooses("left"u8, ref side, Side.Left) || options.Chooses("right"u8, ref side, Side.Right)) { }
            else if (options.TakesInteger("count"u8, ref count)) { }
            else if (options.TakesInteger("depth"u8, ref depth, "ERR depth is no number", 1, "ERR depth is too small")) { }
            else if (options.Takes("pair"u8, out var argument, values: 2)) pair = $"{call.Shown(argument)},{call.Shown(argument + 1)}";
            else if (!options.Is("named"u8)) options.FailQuoting("ERR unknown: ");
            else if (options.TakesValue(out argument)) name = call.Shown(argument);
            else options.FailSyntax();
        }
        if (options.Ends(ref call)) call.Reply.Simple(Encoding.ASCII.GetBytes($"{flag} {side} {count} {depth} {pair} {name}"));
    }

    private static string Read(string options)
    {
        var arguments = CommandHarness.Arguments(("request key " + options).TrimEnd());
        return Encoding.ASCII.GetString(CommandHarness.Run(arguments, Handler)).TrimEnd();
    }

    [TestCase("", "+False None 0 0")]
    [TestCase("flag", "+True None 0 0")]
    [TestCase("FLag flag", "+True None 0 0")]
    [TestCase("named n RIGHT count -3 pair a b depth 1 flag", "+True Right -3 1 a,b n")]
    public void Words_stand_in_any_order_and_case(string options, string reply) => Assert.That(Read(options), Is.EqualTo(reply));

    [TestCase("flags")]
    [TestCase("fla")]
    [TestCase("''")]
    public void A_word_must_be_whole(string word) => Assert.That(Read(word), Is.EqualTo(("-ERR unknown: " + word).Replace("''", "").TrimEnd()));

    [TestCase("left", "+False Left 0 0")]
    [TestCase("left left", "+False Left 0 0")]
    [TestCase("left right", Syntax)]
    [TestCase("right flag left", Syntax)]
    public void Words_of_a_group_exclude_each_other_but_not_themselves(string options, string reply) => Assert.That(Read(options), Is.EqualTo(reply));

    [TestCase("count 1 count 2", "+False None 2 0")]
    [TestCase("named flag", "+False None 0 0  flag")]
    [TestCase("pair flag left", "+False None 0 0 flag,left")]
    [TestCase("count -9223372036854775808", "+False None -9223372036854775808 0")]
    public void A_value_is_no_option_and_the_last_one_counts(string options, string reply) => Assert.That(Read(options), Is.EqualTo(reply));

    [TestCase("count", "-ERR unknown: count")]
    [TestCase("flag pair a", "-ERR unknown: pair")]
    [TestCase("named", Syntax)]
    public void A_word_without_its_values_is_not_that_option(string options, string reply) => Assert.That(Read(options), Is.EqualTo(reply));

    [TestCase("count x", NotInteger)]
    [TestCase("count 9223372036854775808", NotInteger)]
    [TestCase("depth x", "-ERR depth is no number")]
    [TestCase("depth 0", "-ERR depth is too small")]
    public void A_number_is_held_to_its_bounds(string options, string reply) => Assert.That(Read(options), Is.EqualTo(reply));

    [TestCase("count x depth 0", NotInteger)]
    [TestCase("depth 0 count x", "-ERR depth is too small")]
    [TestCase("other left right", "-ERR unknown: other")]
    [TestCase("left right other", Syntax)]
    public void The_first_error_is_answered_and_nothing_is_read_behind_it(string options, string reply) => Assert.That(Read(options), Is.EqualTo(reply));

    [Test]
    public void A_later_error_does_not_replace_the_first_one()
    {
        static void FailsTwice(ref Call call)
        {
            var options = new OptionReader(call.Args, 1);
            options.Next();
            options.FailQuoting("ERR first ");
            options.Fail("ERR second");
            options.FailSyntax();
            Assert.That(options.Next(), Is.False);
            Assert.That(options.Ends(ref call), Is.False);
        }

        var reply = CommandHarness.Run(CommandHarness.Arguments("request Quoted other"), FailsTwice);
        Assert.That(Encoding.ASCII.GetString(reply), Is.EqualTo("-ERR first Quoted\r\n"));
    }
}
