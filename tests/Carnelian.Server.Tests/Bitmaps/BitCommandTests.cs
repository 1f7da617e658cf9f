namespace Carnelian.Tests;

internal sealed class BitCommandTests(RespVersion version) : CommandFixture(version)
{
    private void SetBytes(string key, params byte[] bytes)
    {
        Server.Client.SendRaw(TestClient.Request("SET"u8.ToArray(), System.Text.Encoding.ASCII.GetBytes(key), bytes));
        Assert.That(Server.Client.Read(), Is.EqualTo("+OK"));
    }

    private byte[] Bytes(string key) => Server.Client.RunValue("GET", key).Bytes.ToArray();

    [Test]
    public void A_bit_is_set_and_read_where_the_highest_of_a_byte_comes_first()
    {
        Assert.That(Run("SETBIT k 1 1"), Is.EqualTo(":0"));
        Assert.That(Bytes("k"), Is.EqualTo(new byte[] { 0x40 }));
        Assert.That(Run("SETBIT k 1 0"), Is.EqualTo(":1"));
        Assert.That(Run("SETBIT k 23 1"), Is.EqualTo(":0"));
        Assert.That(Bytes("k"), Is.EqualTo(new byte[] { 0, 0, 1 }));
        Assert.That(Run("GETBIT k 23"), Is.EqualTo(":1"));
        Assert.That(Run("GETBIT k 22"), Is.EqualTo(":0"));
        Assert.That(Run("GETBIT k 24"), Is.EqualTo(":0"), "behind the end all bits are 0");
        Assert.That(Run("GETBIT missing 1"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS missing"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_bit_set_to_0_makes_the_string_as_long_as_one_set_to_1()
    {
        Assert.That(Run("SETBIT k 100 0"), Is.EqualTo(":0"));
        Assert.That(Run("STRLEN k"), Is.EqualTo(":13"));
    }

    [Test]
    public void Setting_a_bit_keeps_the_expiry_and_a_number_s_digits()
    {
        Run("SET n 1 EX 100");
        Assert.That(Run("SETBIT n 6 1"), Is.EqualTo(":0"));
        Assert.That(Run("GET n"), Is.EqualTo("\"3\""));
        Assert.That(Run("TTL n"), Is.EqualTo(":100"));
    }

    [TestCase("SETBIT k -1 1"), TestCase("SETBIT k x 1"), TestCase("SETBIT k 4294967296 1"), TestCase("GETBIT k 4294967296"), TestCase("SETBIT k #1 1")]
    public void Offsets_lie_within_the_longest_string(string request) =>
        Assert.That(Run(request), Is.EqualTo("-ERR bit offset is not an integer or out of range"));

    [TestCase("SETBIT k 1 2"), TestCase("SETBIT k 1 -1"), TestCase("SETBIT k 1 x")]
    public void A_bit_is_0_or_1(string request) => Assert.That(Run(request), Is.EqualTo("-ERR bit is not an integer or out of range"));

    [Test]
    public void The_longest_string_is_what_the_configuration_says()
    {
        Run("CONFIG SET proto-max-bulk-len 1mb");
        Assert.That(Run("SETBIT k 8388608 1"), Is.EqualTo("-ERR bit offset is not an integer or out of range"));
        Assert.That(Run("SETBIT k 8388607 1"), Is.EqualTo(":0"));
        Assert.That(Run("STRLEN k"), Is.EqualTo(":1048576"));
        Assert.That(Run("BITFIELD k SET u8 #1048576 1"), Is.EqualTo("-ERR bit offset is not an integer or out of range"));
        Assert.That(Run("BITFIELD k SET i64 8388600 1"), Is.EqualTo("[:72057594037927936]"), "a field may begin within and end behind it");
        Assert.That(Run("STRLEN k"), Is.EqualTo(":1048583"));
    }

    [Test]
    public void Bits_are_counted_in_ranges_of_bytes_and_bits()
    {
        Run("SET k foobar");
        Assert.That(Run("BITCOUNT k"), Is.EqualTo(":26"));
        Assert.That(Run("BITCOUNT k 0 0"), Is.EqualTo(":4"));
        Assert.That(Run("BITCOUNT k 1 1"), Is.EqualTo(":6"));
        Assert.That(Run("BITCOUNT k -2 -1 byte"), Is.EqualTo(":7"));
        Assert.That(Run("BITCOUNT k 5 30 BIT"), Is.EqualTo(":17"));
        Assert.That(Run("BITCOUNT k 9 9 BIT"), Is.EqualTo(":1"));
        Assert.That(Run("BITCOUNT k 3 1"), Is.EqualTo(":0"));
        Assert.That(Run("BITCOUNT k 0 99"), Is.EqualTo(":26"));
        Assert.That(Run("BITCOUNT missing 0 5"), Is.EqualTo(":0"));
        Assert.That(Run("BITCOUNT k 0"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("BITCOUNT k 0 1 NIBBLE"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("BITCOUNT k x 1 NIBBLE"), Is.EqualTo("-ERR value is not an integer or out of range"));
    }

    [Test]
    public void A_range_before_the_beginning_becomes_the_first_byte_unless_it_is_reversed()
    {
        Run("SET k foobar");
        Assert.That(Run("BITCOUNT k -200 -100"), Is.EqualTo(":4"));
        Assert.That(Run("BITCOUNT k -100 -200"), Is.EqualTo(":0"));
    }

    [Test]
    public void The_first_bit_of_a_kind_is_found()
    {
        SetBytes("k", 0xff, 0xf0, 0x00);
        Assert.That(Run("BITPOS k 0"), Is.EqualTo(":12"));
        Assert.That(Run("BITPOS k 1 1"), Is.EqualTo(":8"));
        Assert.That(Run("BITPOS k 1 2"), Is.EqualTo(":-1"));
        Assert.That(Run("BITPOS k 0 3 11 BIT"), Is.EqualTo(":-1"));
        Assert.That(Run("BITPOS k 0 3 12 BIT"), Is.EqualTo(":12"));
        Assert.That(Run("BITPOS k 1 -1"), Is.EqualTo(":-1"));
    }

    [Test]
    public void Behind_a_string_of_ones_comes_a_zero_unless_the_end_is_given()
    {
        SetBytes("k", 0xff, 0xff);
        Assert.That(Run("BITPOS k 0"), Is.EqualTo(":16"));
        Assert.That(Run("BITPOS k 0 1"), Is.EqualTo(":16"));
        Assert.That(Run("BITPOS k 0 0 -1"), Is.EqualTo(":-1"));
        Assert.That(Run("BITPOS missing 0"), Is.EqualTo(":0"));
        Assert.That(Run("BITPOS missing 1"), Is.EqualTo(":-1"));
        Run("SET empty ");
        Assert.That(Run("BITPOS empty 0"), Is.EqualTo(":-1"));
    }

    [TestCase("BITPOS k 2", "-ERR The bit argument must be 1 or 0.")]
    [TestCase("BITPOS k x", "-ERR value is not an integer or out of range")]
    [TestCase("BITPOS k 1 0 x NIBBLE", "-ERR syntax error")]
    [TestCase("BITPOS k 1 x 0 NIBBLE", "-ERR value is not an integer or out of range")]
    [TestCase("BITPOS k 1 0 1 BIT BIT", "-ERR syntax error")]
    public void Positions_are_asked_for_in_one_way(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [TestCase("AND", 0x10), TestCase("OR", 0xf7), TestCase("XOR", 0x96), TestCase("DIFF", 0x80), TestCase("DIFF1", 0x07), TestCase("ANDOR", 0x70), TestCase("ONE", 0x86)]
    public void Three_strings_are_combined(string operation, int result)
    {
        SetBytes("x", 0b1111_0000);
        SetBytes("y", 0b0011_0011);
        SetBytes("z", 0b0101_0101);
        Assert.That(Run($"BITOP {operation} to x y z"), Is.EqualTo(":1"));
        Assert.That(Bytes("to"), Is.EqualTo(new[] { (byte)result }));
    }

    [Test]
    public void Not_turns_every_bit_over()
    {
        SetBytes("x", 0x00, 0xff, 0xaa);
        Assert.That(Run("BITOP not to x"), Is.EqualTo(":3"));
        Assert.That(Bytes("to"), Is.EqualTo(new byte[] { 0xff, 0x00, 0x55 }));
    }

    [TestCase("BITOP NOT to x y", "-ERR BITOP NOT must be called with a single source key.")]
    [TestCase("BITOP diff to x", "-ERR BITOP DIFF must be called with at least two source keys.")]
    [TestCase("BITOP Diff1 to x", "-ERR BITOP DIFF1 must be called with at least two source keys.")]
    [TestCase("BITOP ANDOR to x", "-ERR BITOP ANDOR must be called with at least two source keys.")]
    [TestCase("BITOP NOR to x", "-ERR syntax error")]
    [TestCase("BITOP AND to", "-ERR wrong number of arguments for 'bitop' command")]
    public void Operators_have_their_number_of_strings(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [Test]
    public void What_comes_of_nothing_is_no_key()
    {
        Run("SET to old EX 100");
        Assert.That(Run("BITOP OR to missing gone"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
        Assert.That(Run("BITOP NOT to missing"), Is.EqualTo(":0"));
        Run("SET to old EX 100");
        Run("SET x abc");
        Assert.That(Run("BITOP AND to missing x"), Is.EqualTo(":3"));
        Assert.That(Bytes("to"), Is.EqualTo(new byte[3]));
        Assert.That(Run("TTL to"), Is.EqualTo(":-1"));
    }

    [Test]
    public void Fields_of_any_width_are_set_and_read()
    {
        Assert.That(Run("BITFIELD k SET u5 7 23 GET u5 7 GET i5 7 GET u4 #2"), Is.EqualTo("[:0, :23, :-9, :7]"));
        Assert.That(Bytes("k"), Is.EqualTo(new byte[] { 0x01, 0x70 }));
        Assert.That(Run("BITFIELD k SET i64 3 -2 GET i64 3 GET u63 4"), Is.EqualTo("[:828662331436171264, :-2, :9223372036854775806]"));
        Assert.That(Run("BITFIELD_RO k GET u8 1000"), Is.EqualTo("[:0]"));
        Assert.That(Run("BITFIELD k"), Is.EqualTo("[]"));
        Assert.That(Run("BITFIELD missing GET u8 0"), Is.EqualTo("[:0]"));
        Assert.That(Run("EXISTS missing"), Is.EqualTo(":0"));
    }

    [Test]
    public void What_does_not_fit_wraps_around_saturates_or_fails()
    {
        Assert.That(Run("BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1"), Is.EqualTo("[:1, :1]"));
        Assert.That(Run("BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1"), Is.EqualTo("[:2, :2]"));
        Assert.That(Run("BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1"), Is.EqualTo("[:3, :3]"));
        Assert.That(Run("BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1"), Is.EqualTo("[:0, :3]"));
        Assert.That(Run("BITFIELD k OVERFLOW FAIL INCRBY u2 102 1 GET u2 102"), Is.EqualTo("[nil, :3]"));
        Assert.That(Run("BITFIELD i OVERFLOW SAT INCRBY i8 0 -200 OVERFLOW WRAP INCRBY i8 0 -1"), Is.EqualTo("[:-128, :127]"));
    }

    /// <summary>The products are 2^64, 2^64 + 64, 2^63 and the next one, and the largest that 64 bits hold but no string.</summary>
    [TestCase("BITFIELD k SET u8 #2305843009213693952 255")]
    [TestCase("BITFIELD k GET u8 #2305843009213693952")]
    [TestCase("BITFIELD k INCRBY i16 #1152921504606846976 1")]
    [TestCase("BITFIELD k SET i64 #288230376151711745 1")]
    [TestCase("BITFIELD_RO k GET i64 #4611686018427387905")]
    [TestCase("BITFIELD k GET i64 #144115188075855872")]
    [TestCase("BITFIELD k GET i64 #144115188075855871")]
    [TestCase("BITFIELD k GET u63 #9223372036854775807")]
    [TestCase("BITFIELD k GET u1 #9223372036854775807")]
    [TestCase("BITFIELD k GET u1 #9223372036854775808")]
    [TestCase("BITFIELD k GET u8 #-1")]
    [TestCase("BITFIELD k GET u8 #-2305843009213693951")]
    [TestCase("BITFIELD k GET u8 #-9223372036854775808")]
    [TestCase("BITFIELD k GET u8 #536870912")]
    [TestCase("BITFIELD k GET u8 4294967296")]
    public void The_offset_of_a_numbered_field_does_not_wrap_around(string request)
    {
        Run("SET k abc");
        Assert.That(Run(request), Is.EqualTo("-ERR bit offset is not an integer or out of range"));
        Assert.That(Run("GET k"), Is.EqualTo("\"abc\""));
    }

    [Test]
    public void The_last_field_within_the_longest_string_is_read()
    {
        Assert.That(Run("BITFIELD k GET u8 #536870911 GET u8 4294967295 GET u1 #4294967295"), Is.EqualTo("[:0, :0, :0]"));
        Assert.That(Run("GETBIT k 4294967295"), Is.EqualTo(":0"));
    }

    [TestCase("BITCOUNT k 9223372036854775807 -9223372036854775808", ":0")]
    [TestCase("BITCOUNT k -9223372036854775808 9223372036854775807 BIT", ":10")]
    [TestCase("BITPOS k 1 -9223372036854775808 9223372036854775807 BIT", ":1")]
    [TestCase("BITPOS k 0 9223372036854775807", ":-1")]
    [TestCase("GETRANGE k -9223372036854775808 9223372036854775807", "\"abc\"")]
    [TestCase("SETRANGE k 9223372036854775807 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [TestCase("SETRANGE k 536870911 xx", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [TestCase("EXPIRE k 9223372036854775807", "-ERR invalid expire time in 'expire' command")]
    [TestCase("EXPIRE k 9223372036854775", "-ERR invalid expire time in 'expire' command")]
    [TestCase("PEXPIRE k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command")]
    [TestCase("EXPIREAT k -9223372036854776", "-ERR invalid expire time in 'expireat' command")]
    public void The_greatest_numbers_are_taken_for_what_they_are(string request, string reply)
    {
        Run("SET k abc");
        Assert.That(Run(request), Is.EqualTo(reply));
    }

    [TestCase("BITFIELD k GET u64 0", "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")]
    [TestCase("BITFIELD k GET i0 0", "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")]
    [TestCase("BITFIELD k GET u8 -1", "-ERR bit offset is not an integer or out of range")]
    [TestCase("BITFIELD k GET u8 ##1", "-ERR bit offset is not an integer or out of range")]
    [TestCase("BITFIELD k SET u8 0 x", "-ERR value is not an integer or out of range")]
    [TestCase("BITFIELD k OVERFLOW NEVER", "-ERR Invalid OVERFLOW type specified")]
    [TestCase("BITFIELD k GET u8", "-ERR syntax error")]
    [TestCase("BITFIELD k SET u8 0 1 NOPE", "-ERR syntax error")]
    [TestCase("BITFIELD_RO k SET u8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand")]
    public void Nothing_is_done_of_a_request_with_an_error(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [Test]
    public void Changes_are_counted_and_announced_as_Redis_does()
    {
        var events = new EventList();
        Server.Server.Keyspace.Attach(events);
        Assert.That(Announced("SETBIT k 0 0"), Is.EqualTo((1, "new k, setbit k")));
        Assert.That(Announced("SETBIT k 0 0"), Is.EqualTo((0, "")));
        Assert.That(Announced("SETBIT k 0 1"), Is.EqualTo((1, "setbit k")));
        Assert.That(Announced("SETBIT k 90 0"), Is.EqualTo((1, "setbit k")));
        Assert.That(Announced("BITFIELD k SET u8 0 128 GET u8 0"), Is.EqualTo((0, "")));
        Assert.That(Announced("BITFIELD k SET u8 0 1 SET u8 8 2 INCRBY u8 16 0"), Is.EqualTo((2, "setbit k")));
        Assert.That(Announced("BITFIELD k SET u8 0 1 SET u8 96 0"), Is.EqualTo((2, "setbit k")), "of a string that grows every write counts");
        Assert.That(Announced("BITFIELD new OVERFLOW FAIL INCRBY u8 0 256"), Is.EqualTo((1, "new new")));
        Assert.That(Announced("BITOP NOT to k"), Is.EqualTo((1, "new to, set to")));
        Assert.That(Announced("BITOP NOT to k"), Is.EqualTo((1, "set to")));
        Assert.That(Announced("BITOP OR to missing"), Is.EqualTo((1, "del to")));
        Assert.That(Announced("BITOP OR to missing"), Is.EqualTo((0, "")));

        (long Changes, string Events) Announced(string request)
        {
            var before = Server.Server.Keyspace.Dirty;
            events.Clear();
            Run(request);
            return (Server.Server.Keyspace.Dirty - before, string.Join(", ", events));
        }
    }

    private sealed class EventList : List<string>, IKeyspaceListener
    {
        public KeyspaceEventClass Wants => KeyspaceEventClass.String | KeyspaceEventClass.Generic | KeyspaceEventClass.New;

        public bool WantsModified => false;

        public void OnModified(Author author, Database database, Key key)
        {
        }

        public void OnFlushing(Database? database)
        {
        }

        public void OnSwapping(Database one, Database other)
        {
        }

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) =>
            Add($"{System.Text.Encoding.ASCII.GetString(name)} {System.Text.Encoding.ASCII.GetString(key.Bytes)}");
    }
}
