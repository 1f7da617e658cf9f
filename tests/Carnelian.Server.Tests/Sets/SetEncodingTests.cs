namespace Carnelian.Tests;

/// <summary>When a set is of integers, packed or a table, and that all are the same to commands on keys.</summary>
internal sealed class SetEncodingTests(RespVersion version) : CommandFixture(version)
{
    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    private string Encoding(string key = "s") => Run($"OBJECT ENCODING {key}").Trim('"');

    private static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(n => $"{n}")];

    private static string[] Words(int count) => [.. Enumerable.Range(0, count).Select(n => $"w{n}")];

    [Test]
    public void Integers_are_an_intset_up_to_the_limit_and_a_table_beyond()
    {
        Run(["SADD", "s", .. Numbers(512)]);
        Assert.That(Encoding(), Is.EqualTo("intset"));
        Run("SADD s 600");
        Assert.That(Encoding(), Is.EqualTo("hashtable"));
        Run("SREM s 600");
        Assert.That(Encoding(), Is.EqualTo("hashtable"));
    }

    [Test]
    public void Another_member_makes_a_listpack_of_few_integers_and_a_table_of_many()
    {
        Run(["SADD", "s", .. Numbers(127)]);
        Run("SADD s x");
        Assert.That(Encoding(), Is.EqualTo("listpack"));
        Run("SADD s 500");
        Assert.That(Encoding(), Is.EqualTo("hashtable"));
        Run(["SADD", "t", .. Numbers(128)]);
        Run("SADD t x");
        Assert.That(Encoding("t"), Is.EqualTo("hashtable"));
    }

    [Test]
    public void The_first_member_and_how_many_follow_decide_how_a_set_begins()
    {
        Run("SADD words a 1 2");
        Run("SADD numbers 1 a");
        Run(["SADD", "some", .. Words(128)]);
        Run(["SADD", "many", .. Words(129)]);
        Run(["SADD", "repeated", .. Enumerable.Repeat("a", 129)]);
        Run("SADD", "long", new string('x', 65));
        Assert.That(new[] { "words", "numbers", "some", "many", "repeated", "long" }.Select(Encoding),
            Is.EqualTo(new[] { "listpack", "listpack", "listpack", "hashtable", "hashtable", "hashtable" }));
    }

    [Test]
    public void So_do_members_that_are_there_already()
    {
        Run("SADD s a");
        Run(["SADD", "s", .. Enumerable.Repeat("a", 129)]);
        Assert.That(Encoding(), Is.EqualTo("hashtable"));
        Assert.That(Run("SCARD s"), Is.EqualTo(":1"));
    }

    [Test]
    public void Lower_limits_are_for_what_comes()
    {
        Run("SADD s 1 2 3");
        Run("CONFIG SET set-max-intset-entries 2 set-max-listpack-entries 2");
        Assert.That(Encoding(), Is.EqualTo("intset"));
        Run("SADD s 3");
        Assert.That(Encoding(), Is.EqualTo("intset"));
        Run("SADD s 4");
        Assert.That(Encoding(), Is.EqualTo("hashtable"));
    }

    [Test]
    public void Smove_makes_a_set_of_the_members_kind()
    {
        Run("SADD s 1 x");
        Run("SMOVE s numbers 1");
        Run("SMOVE s words x");
        Assert.That((Encoding("numbers"), Encoding("words")), Is.EqualTo(("intset", "listpack")));
        Run("SMOVE words numbers x");
        Assert.That(Encoding("numbers"), Is.EqualTo("listpack"));
    }

    [Test]
    public void Keys_with_sets_are_copied_renamed_moved_and_measured([Values("intset", "listpack", "hashtable")] string encoding)
    {
        Run("SADD", "s", "1", "2", encoding == "intset" ? "3" : encoding == "listpack" ? "x" : new string('x', 65));
        var digest = Run("DEBUG DIGEST-VALUE s");
        Assert.That(Run("COPY s t"), Is.EqualTo(":1"));
        Assert.That(Run("RENAME t u"), Is.EqualTo("+OK"));
        Assert.That(Run("MOVE u 3"), Is.EqualTo(":1"));
        Run("SREM s 1");
        Run("DEL s");
        Run("SELECT 3");
        Assert.That(Encoding("u"), Is.EqualTo(encoding));
        Assert.That(Run("TYPE u"), Is.EqualTo("+set"));
        Assert.That(Run("SCAN 0 TYPE set"), Does.Contain("\"u\""));
        Assert.That(Run("SCARD u"), Is.EqualTo(":3"));
        Assert.That(Run("DEBUG DIGEST-VALUE u"), Is.EqualTo(digest));
        Assert.That(int.Parse(Run("MEMORY USAGE u")[1..]), Is.InRange(20, 2000));
    }

    [Test]
    public void The_digest_does_not_tell_the_form()
    {
        Run("SADD s 1 2");
        var packed = Run("DEBUG DIGEST-VALUE s");
        Run("SADD s x");
        Run("SREM s x");
        Assert.That(Encoding(), Is.EqualTo("listpack"));
        Assert.That(Run("DEBUG DIGEST-VALUE s"), Is.EqualTo(packed));
        Run("SADD", "s", new string('x', 65));
        Run("SREM", "s", new string('x', 65));
        Assert.That(Encoding(), Is.EqualTo("hashtable"));
        Assert.That(Run("DEBUG DIGEST-VALUE s"), Is.EqualTo(packed));
    }

    [Test]
    public void Debug_object_tells_what_a_file_would_take()
    {
        Run("SADD i 1 2 3");
        Run("SADD p a b 3");
        Run("SADD", "t", new string('x', 100), "12", "abc");
        Assert.That(Run("DEBUG OBJECT i"), Does.Contain("encoding:intset serializedlength:15"));
        Assert.That(Run("DEBUG OBJECT p"), Does.Contain("encoding:listpack serializedlength:16"));
        Assert.That(Run("DEBUG OBJECT t"), Does.Contain("encoding:hashtable serializedlength:20"));
    }
}
