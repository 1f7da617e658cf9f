namespace Carnelian.Tests;

/// <summary>When a list is packed and when it is one of nodes, and that both are the same to commands on keys.</summary>
internal sealed class ListEncodingTests(RespVersion version) : CommandFixture(version)
{
    private string Encoding(string key = "l") => Run($"OBJECT ENCODING {key}").Trim('"');

    [TestCase(-1, 4096), TestCase(-2, 8192), TestCase(-5, 65536)]
    public void A_list_is_packed_up_to_so_many_bytes(int limit, int bytes)
    {
        Run($"CONFIG SET list-max-listpack-size {limit}");
        Run("RPUSH", "l", new string('x', bytes - 7));
        Assert.That(Encoding(), Is.EqualTo("listpack"));
        Run("RPUSH", "m", new string('x', bytes - 6));
        Assert.That(Encoding("m"), Is.EqualTo("quicklist"));
    }

    /// <summary>As in Redis, where the size of nodes is the list's own.</summary>
    [Test]
    public void A_list_keeps_the_limit_that_it_was_made_with()
    {
        Run("CONFIG SET list-max-listpack-size 3");
        Run("RPUSH l b c d e f");
        Run("LPUSH l a");
        Run("COPY l copy");
        Run("CONFIG SET list-max-listpack-size 128");
        foreach (var list in (string[])["l", "copy"])
        {
            Run($"RPOP {list}");
            Run($"LPOP {list}");
            Assert.That(Run($"OBJECT ENCODING {list}"), Is.EqualTo("\"quicklist\""), list);
        }
    }

    [Test]
    public void Removals_make_a_list_packed_at_half_the_limit()
    {
        Run("CONFIG SET list-max-listpack-size 4");
        Run("RPUSH l 1 2 3 4");
        Assert.That(Encoding(), Is.EqualTo("listpack"));
        Run("RPUSH l 5");
        Run("RPOP l");
        Run("LPOP l");
        Assert.That(Encoding(), Is.EqualTo("quicklist"));
        Run("LPOP l");
        Assert.That(Encoding(), Is.EqualTo("listpack"));
    }

    [TestCase("LINSERT l BEFORE missing x"), TestCase("LSET l 99 x")]
    public void What_might_have_been_added_decides_too(string request)
    {
        Run("CONFIG SET list-max-listpack-size 4");
        Run("RPUSH l 1 2 3 4");
        Run(request);
        Assert.That(Encoding(), Is.EqualTo("quicklist"));
        Assert.That(Run("LRANGE l 0 -1"), Is.EqualTo("[\"1\", \"2\", \"3\", \"4\"]"));
    }

    [Test]
    public void Keys_with_lists_are_copied_renamed_moved_and_measured([Values("listpack", "quicklist")] string encoding)
    {
        if (encoding == "quicklist") Run("CONFIG SET list-max-listpack-size 1");
        Run("RPUSH l a b 3");
        var digest = Run("DEBUG DIGEST-VALUE l");
        Assert.That(Run("COPY l m"), Is.EqualTo(":1"));
        Assert.That(Run("RENAME m n"), Is.EqualTo("+OK"));
        Assert.That(Run("MOVE n 3"), Is.EqualTo(":1"));
        Run("DEL l");
        Run("SELECT 3");
        Assert.That(Encoding("n"), Is.EqualTo(encoding));
        Assert.That(Run("TYPE n"), Is.EqualTo("+list"));
        Assert.That(Run("SCAN 0 TYPE list"), Does.Contain("\"n\""));
        Assert.That(Run("LRANGE n 0 -1"), Is.EqualTo("[\"a\", \"b\", \"3\"]"));
        Assert.That(Run("DEBUG DIGEST-VALUE n"), Is.EqualTo(digest));
        Assert.That(int.Parse(Run("MEMORY USAGE n")[1..]), Is.InRange(20, 2000));
    }

    [Test]
    public void Debug_tells_of_a_lists_nodes()
    {
        Run("CONFIG SET list-max-listpack-size 2");
        Run("RPUSH l a b c d e");
        Assert.That(Run("DEBUG OBJECT l"), Does.Contain("encoding:quicklist serializedlength:43 ").And.EndsWith(" ql_nodes:3 ql_avg_node:1.67 ql_listpack_max:2 ql_compressed:0 ql_uncompressed_size:36"));
    }

    /// <summary>Packed nodes and plain ones, some of either compressed. What is expected is what Redis 8.0.6 says.</summary>
    [Test]
    public void Debug_tells_of_compressed_nodes()
    {
        FillCompressed(Server);
        Assert.That(Run("DEBUG OBJECT l"), Does.Contain("serializedlength:177 ")
            .And.EndsWith(" ql_nodes:9 ql_avg_node:2.11 ql_listpack_max:3 ql_compressed:1 ql_uncompressed_size:698"));
    }

    [Test]
    public void Debug_shows_the_structure_of_a_list_in_the_log()
    {
        var log = new LogLines();
        using var server = new SimulatedServer(Configure, logger: log);
        FillCompressed(server);
        Assert.That(server.Run("DEBUG", "QUICKLIST", "l"), Is.EqualTo("+Quicklist structure printed on stdout"));
        Assert.That(log.Text, Does.Contain("count: 19, len: 9, fill: 3, compress: 1\n")
            .And.Contain("node 0: container: PACKED, encoding: RAW, size: 115, count: 3\n")
            .And.Contain("node 1: container: PACKED, encoding: LZF, size: 115, count: 3\n")
            .And.Contain("node 5: container: PLAIN, encoding: LZF, size: 100, count: 1\n").And.Not.Contain("-70000"));
        server.Run("DEBUG", "QUICKLIST", "l", "1");
        Assert.That(log.Text, Does.Contain("total bytes: 118, num entries: 3\nDEBUG: 0: str of 1 bytes: \"c\"\nDEBUG: 1: int of 6 bytes: \"-70000\"\n"
            + $"DEBUG: 2: str of 100 bytes: \"{new string('x', 40)}\"...\n"));
    }

    private static void FillCompressed(SimulatedServer server)
    {
        var x = new string('x', 100);
        server.Run("CONFIG", "SET", "list-compress-depth", "1", "list-max-listpack-size", "3");
        server.Run("RPUSH", "l", "a", "1", x, "b", "2", x, "c", "-70000", x, "d", "4", x, "e", "5");
        server.Run("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "90b");
        server.Run("RPUSH", "l", x, "f", "g", x, "h");
    }

    [Test]
    public void A_list_is_compressed_if_that_was_configured_when_it_became_one_of_nodes()
    {
        var before = Memory("l", depth: 0);
        Assert.That(Memory("m", depth: 1), Is.LessThan(before / 4));
        Run("CONFIG SET list-compress-depth 0");
        Run("COPY m n");
        Assert.That(int.Parse(Run("MEMORY USAGE n SAMPLES 0")[1..]), Is.LessThan(before / 4), "a copy is as its original");
        Assert.That(Run("MEMORY USAGE l SAMPLES 0"), Is.EqualTo($":{before}"));
        Assert.That(Run("DEBUG DIGEST-VALUE m"), Is.EqualTo(Run("DEBUG DIGEST-VALUE l")));
        Assert.That(Run("LRANGE m 0 -1"), Is.EqualTo(Run("LRANGE l 0 -1")));
    }

    private int Memory(string key, int depth)
    {
        Run($"CONFIG SET list-compress-depth {depth}");
        for (var i = 0; i < 1000; i++) Run("RPUSH", key, new string('x', 100));
        return int.Parse(Run($"MEMORY USAGE {key} SAMPLES 0")[1..]);
    }

    [Test]
    public void Long_elements_can_be_made_to_have_nodes_of_their_own()
    {
        Assert.That(Run("DEBUG QUICKLIST-PACKED-THRESHOLD 10b"), Is.EqualTo("+OK"));
        Run("CONFIG SET list-max-listpack-size 2");
        Run("RPUSH l a 12345678901 b c");
        Assert.That(Run("DEBUG OBJECT l"), Does.Contain("ql_nodes:3"));
        Assert.That(Run("DEBUG QUICKLIST-PACKED-THRESHOLD x"), Is.EqualTo("-ERR argument must be a memory value bigger than 1 and smaller than 4gb"));
        Assert.That(Run("DEBUG QUICKLIST-PACKED-THRESHOLD 4gb"), Does.StartWith("-ERR argument"));
    }

    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;
}
