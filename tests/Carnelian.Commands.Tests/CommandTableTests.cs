using System.Text;

namespace Carnelian.Tests;

public sealed class CommandTableTests
{
    private static readonly CommandTable Table = CommandHarness.Table;

    private static Command? Find(string name) => Table.Find(Encoding.Latin1.GetBytes(name));

    [Test]
    public void Every_command_is_found_in_any_case()
    {
        foreach (var command in Table.TopLevel)
        {
            var name = command.Name;
            foreach (var spelling in new[] { name.ToLowerInvariant(), name.ToUpperInvariant(), char.ToUpperInvariant(name[0]) + name[1..] })
                Assert.That(Find(spelling), Is.SameAs(command), spelling);
        }
    }

    [Test]
    public void A_name_with_any_other_byte_in_it_is_not_found()
    {
        foreach (var command in Table.TopLevel)
            for (var i = 0; i < command.Name.Length; i++)
                for (var b = 0; b < 256; b++)
                {
                    if (char.ToLowerInvariant((char)b) == char.ToLowerInvariant(command.Name[i])) continue;
                    var name = command.Name.ToCharArray();
                    name[i] = (char)b;
                    Assert.That(Find(new string(name)), Is.Null.Or.Not.SameAs(command));
                }
    }

    [TestCase("")]
    [TestCase("g")]
    [TestCase("ge")]
    [TestCase("gett")]
    [TestCase("georadiu")]
    [TestCase("georadiusgeoradius")]
    [TestCase("config|get")]
    [TestCase("a-name-of-more-than-the-thirty-two-bytes-that-a-name-may-have")]
    public void What_is_no_command_is_not_found(string name) => Assert.That(Find(name), Is.Null);

    [Test]
    public void Characters_that_differ_in_one_bit_from_those_of_a_name_do_not_match()
    {
        var table = new CommandTable(CommandTableKind.Server, new HandMadeSet("restore-asking", "a-name-of-seventeen", "x_y", "a1"));
        Assert.That(table.Find("RESTORE-ASKING"u8)?.Name, Is.EqualTo("restore-asking"));
        Assert.That(table.Find("restore\rasking"u8), Is.Null);
        Assert.That(table.Find("A-NAME-OF-SEVENTEEN"u8)?.Name, Is.EqualTo("a-name-of-seventeen"));
        Assert.That(table.Find("a-name-oX-seventeen"u8), Is.Null);
        Assert.That(table.Find("X_Y"u8)?.Name, Is.EqualTo("x_y"));
        Assert.That(table.Find("x\u007fy"u8), Is.Null);
        Assert.That(table.Find("A\u0011"u8), Is.Null);
    }

    [Test]
    public void A_subcommand_is_found_through_its_container()
    {
        var sub = CommandHarness.Find("CONFIG|get");
        Assert.Multiple(() =>
        {
            Assert.That(sub.FullName, Is.EqualTo("config|get"));
            Assert.That(sub.Name, Is.EqualTo("get"));
            Assert.That(sub.Container, Is.SameAs(Find("config")));
            Assert.That(Table.Find(CommandHarness.Arguments("config GET x")), Is.SameAs(sub));
            Assert.That(Table.Find(CommandHarness.Arguments("config")), Is.SameAs(sub.Container));
            Assert.That(Table.Find(CommandHarness.Arguments("config nosuch")), Is.Null);
            Assert.That(Table.Find(CommandHarness.Arguments("get key"))!.FullName, Is.EqualTo("get"));
            Assert.That(sub.Container!.Handler, Is.Null);
            Assert.That(sub.Handler, Is.Not.Null);
        });
    }

    [Test]
    public void Indexes_are_dense()
    {
        for (var i = 0; i < Table.All.Length; i++) Assert.That(Table.All[i].Index, Is.EqualTo(i));
    }

    [Test]
    public void Nothing_is_none_of_the_commands()
    {
        Assert.That(Table.All.ToArray(), Has.None.SameAs(Table.Nothing));
        Assert.That(Table.Nothing.AcceptsCount(1), Is.False);
        Assert.That(Table.Nothing.Documentation.Summary.IsEmpty, Is.True);
    }

    [Test]
    public void A_renamed_command_is_found_under_its_new_name_only()
    {
        var renamed = Table.Rename(Find("get")!, "Fetch").Rename(Find("sort")!, "");
        Assert.Multiple(() =>
        {
            Assert.That(renamed.Find("get"u8), Is.Null);
            Assert.That(renamed.Find("fetch"u8), Is.SameAs(Find("get")));
            Assert.That(renamed.Find("sort"u8), Is.Null);
            Assert.That(renamed.Find("set"u8), Is.SameAs(Find("set")));
            Assert.That(Find("get"), Is.Not.Null, "the first table is as it was");
        });
    }

    [Test]
    public void Two_commands_of_one_name_are_a_defect() =>
        Assert.That(() => new CommandTable(CommandTableKind.Server, new HandMadeSet("a"), new HandMadeSet("A")), Throws.InstanceOf<BrokenInvariantException>());

    [Test]
    public void A_subcommand_without_container_is_a_defect() =>
        Assert.That(() => new CommandTable(CommandTableKind.Server, new HandMadeSet("a|b")), Throws.InstanceOf<BrokenInvariantException>());

    [Test]
    public void A_container_may_be_of_another_set_than_its_subcommand()
    {
        var table = new CommandTable(CommandTableKind.Server, new HandMadeSet("a|b", "c"), new HandMadeSet("a"));
        Assert.That(table.FindFullName("A|B"u8)?.Container?.Name, Is.EqualTo("a"));
    }

    [Test]
    public void Sentinel_has_only_what_is_marked_for_it()
    {
        var table = new CommandTable(CommandTableKind.Sentinel, new DataCommands(), new FutureCommands());
        Assert.That(table.Find("get"u8), Is.Null);
        Assert.That(table.FindFullName("client|kill"u8), Is.Not.Null);
    }

    [TestCase("get", 2, true)]
    [TestCase("get", 1, false)]
    [TestCase("get", 3, false)]
    [TestCase("set", 2, false)]
    [TestCase("set", 3, true)]
    [TestCase("set", 9, true)]
    public void The_arity_decides_how_many_arguments_are_right(string name, int count, bool right) =>
        Assert.That(Find(name)!.AcceptsCount(count), Is.EqualTo(right));

    /// <summary>Commands without anything but their names.</summary>
    private sealed class HandMadeSet(params string[] names) : CommandSet
    {
        public override void Declare(CommandDeclarations commands)
        {
            foreach (var name in names) commands.Add(name, null, 1, 0);
        }

        public override ReadOnlySpan<byte> Document(int number) => default;
    }
}
