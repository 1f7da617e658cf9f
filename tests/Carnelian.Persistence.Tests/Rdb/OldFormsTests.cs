namespace Carnelian.Tests;

/// <summary>What older servers and the other family wrote, made by hand.</summary>
internal sealed class OldFormsTests
{
    private PersistenceRig _rig = null!;

    [SetUp]
    public void Start() => _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    private string Restored(int type, Action<RdbOutput> write, int version = 6)
    {
        var reply = _rig.Restore("k", Payload.Of(type, write, version));
        if (reply.Text != "OK") return reply.Text!;
        var shown = _rig.ShowKept("k");
        // What was read is changed like anything else.
        _rig.Run("RENAME k other");
        _rig.Run("COPY other k");
        Assert.That(_rig.ShowKept("k"), Is.EqualTo(shown));
        return shown.Replace(" -1 ", " ");
    }

    private const string Bad = "ERR Bad data format";

    [Test]
    public void Lists()
    {
        Assert.That(Restored(1, o => { o.Length(3); o.Text("a"); o.Text("12"); o.Text("b"); }), Is.EqualTo("listpack list [a 12 b]"));
        Assert.That(Restored(10, o => o.String(OldPacked.ZipList(["a", "-5", "b"]))), Is.EqualTo("quicklist list [a -5 b]"), "as in Redis");
        Assert.That(Restored(14, o => { o.Length(2); o.String(OldPacked.ZipList(["a", "300"])); o.String(OldPacked.ZipList(["c"])); }), Is.EqualTo("quicklist list [a 300 c]"));
        Assert.That(Restored(14, o => { o.Length(1); o.String(OldPacked.ZipList(["a", "300"])); }), Is.EqualTo("listpack list [a 300]"));
        Assert.That(Restored(18, o => { o.Length(2); o.Length(2); o.String(Payload.ListPack("a")); o.Length(1); o.Text("plain"); }, 10), Is.EqualTo("quicklist list [a plain]"));
        Assert.That(Restored(18, o => { o.Length(2); o.Length(2); o.String(Payload.ListPack()); o.Length(2); o.String(Payload.ListPack("x")); }, 10), Is.EqualTo("listpack list [x]"));
        Assert.That(Restored(1, o => o.Length(0)), Is.EqualTo(Bad));
        Assert.That(Restored(10, o => o.String(OldPacked.ZipList([]))), Is.EqualTo(Bad));
        Assert.That(Restored(18, o => { o.Length(1); o.Length(3); o.String(Payload.ListPack("a")); }, 10), Is.EqualTo(Bad));
        Assert.That(Restored(18, o => { o.Length(1); o.Length(1); o.Text(""); }, 10), Is.EqualTo(Bad));
    }

    [Test]
    public void Sets()
    {
        Assert.That(Restored(2, o => { o.Length(2); o.Text("5"); o.Text("-7"); }), Is.EqualTo("intset set -7 5"));
        Assert.That(Restored(2, o => { o.Length(2); o.Text("5"); o.Text("x"); }), Is.EqualTo("listpack set 5 x"));
        Assert.That(Restored(2, o => { o.Length(1); o.Text(new('x', 65)); }), Does.StartWith("hashtable set xxx"));
        Assert.That(Restored(11, o => o.String(Payload.IntSet(2, -3, 4))), Is.EqualTo("intset set -3 4"));
        Assert.That(Restored(11, o => o.String(Payload.IntSet(8, -3, 4))), Is.EqualTo("intset set -3 4"), "wider than needed");
        Assert.That(Restored(2, o => { o.Length(2); o.Text("5"); o.Text("5"); }), Is.EqualTo(Bad));
        Assert.That(Restored(11, o => o.String(Payload.IntSet(2, 4, 4))), Is.EqualTo(Bad));
        Assert.That(Restored(11, o => o.String(Payload.IntSet(2, 4, 3))), Is.EqualTo(Bad));
        Assert.That(Restored(11, o => o.String(Payload.IntSet(2))), Is.EqualTo(Bad));
        Assert.That(Restored(20, o => o.String(Payload.ListPack("a", "b", "a")), 11), Is.EqualTo(Bad));
    }

    [Test]
    public void Sorted_sets()
    {
        Assert.That(Restored(3, o => { o.Length(3); o.Text("b"); o.OldScore("1.5"); o.Text("a"); o.OldScore("-inf"); o.Text("c"); o.OldScore("inf"); }),
            Is.EqualTo("listpack zset [a -inf b 1.5 c inf]"));
        Assert.That(Restored(12, o => o.String(OldPacked.ZipList(["a", "1", "b", "2.5"]))), Is.EqualTo("listpack zset [a 1 b 2.5]"));
        Assert.That(Restored(17, o => o.String(Payload.ListPack("b", "2", "a", "1")), 10), Is.EqualTo("listpack zset [a 1 b 2]"), "out of order, it is ordered");
        Assert.That(Restored(3, o => { o.Length(1); o.Text("a"); o.OldScore("nan"); }), Is.EqualTo(Bad));
        Assert.That(Restored(3, o => { o.Length(1); o.Text("a"); o.OldScore("x"); }), Is.EqualTo(Bad));
        Assert.That(Restored(5, o => { o.Length(1); o.Text("a"); o.Double(double.NaN); }), Is.EqualTo(Bad));
        Assert.That(Restored(5, o => { o.Length(2); o.Text("a"); o.Double(1); o.Text("a"); o.Double(2); }), Is.EqualTo(Bad));
        Assert.That(Restored(17, o => o.String(Payload.ListPack("a", "x")), 10), Is.EqualTo(Bad));
        Assert.That(Restored(17, o => o.String(Payload.ListPack("a")), 10), Is.EqualTo(Bad));
        Assert.That(Restored(17, o => o.String(Payload.ListPack("a", "1", "a", "2")), 10), Is.EqualTo(Bad));
    }

    [Test]
    public void Hashes()
    {
        Assert.That(Restored(4, o => { o.Length(1); o.Text("a"); o.Text("1"); }), Is.EqualTo("listpack hash a=1 -1"));
        Assert.That(Restored(9, o => o.String(OldPacked.ZipMap([("a", "1"), ("b", "x")]))), Is.EqualTo("listpack hash a=1 -1\nb=x -1"));
        Assert.That(Restored(9, o => o.String(OldPacked.ZipMap([("a", new('v', 65))]))), Does.StartWith("hashtable hash a=vvv"));
        Assert.That(Restored(13, o => o.String(OldPacked.ZipList(["a", "1", "b", "x"]))), Is.EqualTo("listpack hash a=1 -1\nb=x -1"));
        Assert.That(Restored(4, o => { o.Length(2); o.Text("a"); o.Text("1"); o.Text("a"); o.Text("2"); }), Is.EqualTo(Bad));
        Assert.That(Restored(9, o => o.String(OldPacked.ZipMap([("a", "1"), ("a", "x")]))), Is.EqualTo(Bad));
        Assert.That(Restored(13, o => o.String(OldPacked.ZipList(["a", "1", "b"]))), Is.EqualTo(Bad));
    }

    [Test]
    public void Hashes_with_times()
    {
        const long time = 4102444800000;
        Assert.That(Restored(22, o => { o.Length(2); o.Length(time); o.Text("a"); o.Text("1"); o.Length(0); o.Text("b"); o.Text("2"); }, 12),
            Is.EqualTo($"listpackex hash a=1 {time}\nb=2 -1"), "of a release candidate: absolute");
        Assert.That(Restored(22, o => { o.Length(2); o.Text("a"); o.Text("1"); o.Milliseconds(time); o.Text("b"); o.Text("2"); o.Milliseconds(-1); }, 80),
            Is.EqualTo($"listpackex hash a=1 {time}\nb=2 -1"), "Valkey's");
        Assert.That(Restored(24, o => { o.Milliseconds(time); o.Length(2); o.Length(1); o.Text("a"); o.Text("1"); o.Length(11); o.Text("b"); o.Text("2"); }, 12),
            Is.EqualTo($"listpackex hash a=1 {time}\nb=2 {time + 10}"), "from the earliest on");
        Assert.That(Restored(23, o => o.String(Payload.ListPack("a", "1", $"{time}", "b", "2", "0")), 12), Is.EqualTo($"listpackex hash a=1 {time}\nb=2 -1"));
        Assert.That(Restored(25, o => { o.Milliseconds(time); o.String(Payload.ListPack("a", "1", $"{time}", "b", "2", "0")); }, 12), Is.EqualTo($"listpackex hash a=1 {time}\nb=2 -1"));
        Assert.That(Restored(23, o => o.String(Payload.ListPack("a", "1", "0", "b", "2", $"{time}")), 12), Is.EqualTo(Bad), "not in order");
        Assert.That(Restored(23, o => o.String(Payload.ListPack("a", "1", "x")), 12), Is.EqualTo(Bad));
        Assert.That(Restored(23, o => o.String(Payload.ListPack("a", "1", $"{1L << 48}")), 12), Is.EqualTo(Bad));
        Assert.That(Restored(22, o => { o.Length(1); o.Length(1L << 48); o.Text("a"); o.Text("1"); }, 12), Is.EqualTo(Bad));
        Assert.That(Restored(24, o => { o.Milliseconds(time); o.Length(1); o.Length(ulong.MaxValue - 5); o.Text("a"); o.Text("1"); }, 12), Is.EqualTo(Bad));
    }

    [Test]
    public void Fields_that_are_restored_expire()
    {
        _rig.Restore("k", Payload.Of(23, o => o.String(Payload.ListPack("a", "1", "1000", "b", "2", "0")), 12));
        Assert.That(_rig.Run("HGETALL k").Items, Has.Length.EqualTo(2));
        Assert.That(_rig.Keyspace.Databases[0].Data.FieldsExpiring, Is.EqualTo(1));
    }

    /// <summary>One node with two entries, 1-1 and 1-2, of which the first may be deleted.</summary>
    private static void Node(RdbOutput o, bool isDeleted = false, string live = "2", string second = "1", string zero = "0", string count = "4")
    {
        o.Length(1);
        o.Length(16);
        o.StreamId(1, 1);
        o.String(Payload.ListPack(live, isDeleted ? "1" : "0", "1", "f", zero, isDeleted ? "3" : "2", "0", "0", "v", "4", "2", "0", second, "w", count));
    }

    private static void Whole(RdbOutput o, int length, ulong last = 2)
    {
        o.Length(length);
        o.Length(1);
        o.Length(last);
    }

    [Test]
    public void Streams_of_Redis_5_count_what_they_have()
    {
        var shown = Restored(15, o =>
        {
            Node(o);
            Whole(o, 2);
            o.Length(1);
            o.Text("g");
            o.Length(1);
            o.Length(1);
            o.Length(1);
            o.StreamId(1, 1);
            o.Milliseconds(1000);
            o.Length(3);
            o.Length(1);
            o.Text("alice");
            o.Milliseconds(2000);
            o.Length(1);
            o.StreamId(1, 1);
        });
        Assert.That(shown, Does.StartWith("stream stream [[1-1 [f v]] [1-2 [f w]]]").And.Contain("entries-added 2").And.Contain("entries-read 1").And.Contain("[1-1 alice"));
    }

    [Test]
    public void Streams_must_be_what_they_say()
    {
        void End(RdbOutput o) => o.Length(0);
        Assert.That(Restored(15, o => { Node(o, isDeleted: true, live: "1"); Whole(o, 1); End(o); }), Does.StartWith("stream stream [[1-2 [f w]]]"));
        Assert.That(Restored(15, o => { Node(o); Whole(o, 1); End(o); }), Is.EqualTo(Bad), "another length");
        Assert.That(Restored(15, o => { Node(o); Whole(o, 2, last: 1); End(o); }), Is.EqualTo(Bad), "a last ID that is not the last");
        Assert.That(Restored(15, o => { Node(o, live: "3"); Whole(o, 3); End(o); }), Is.EqualTo(Bad), "more entries than there are");
        Assert.That(Restored(15, o => { Node(o, second: "0"); Whole(o, 2); End(o); }), Is.EqualTo(Bad), "an ID twice");
        Assert.That(Restored(15, o => { Node(o, zero: "1"); Whole(o, 2); End(o); }), Is.EqualTo(Bad));
        Assert.That(Restored(15, o => { Node(o, count: "5"); Whole(o, 2); End(o); }), Is.EqualTo(Bad));
        Assert.That(Restored(15, o => { o.Length(0); Whole(o, 0); End(o); }), Does.StartWith("stream stream []"), "an empty one is one");
    }

    [Test]
    public void Pending_entries_have_one_consumer_each()
    {
        string Pending(ulong[] ofGroup, params ulong[][] ofConsumers) => Restored(15, o =>
        {
            Node(o);
            Whole(o, 2);
            o.Length(1);
            o.Text("g");
            o.Length(1);
            o.Length(2);
            o.Length(ofGroup.Length);
            foreach (var id in ofGroup) { o.StreamId(1, id); o.Milliseconds(1); o.Length(1); }
            o.Length(ofConsumers.Length);
            for (var i = 0; i < ofConsumers.Length; i++)
            {
                o.Text($"c{i}");
                o.Milliseconds(1);
                o.Length(ofConsumers[i].Length);
                foreach (var id in ofConsumers[i]) o.StreamId(1, id);
            }
        });
        Assert.That(Pending([1, 2], [1], [2]), Does.StartWith("stream"));
        Assert.That(Pending([1, 1], [1]), Is.EqualTo(Bad));
        Assert.That(Pending([1, 2], [1]), Is.EqualTo(Bad), "of nobody");
        Assert.That(Pending([1], [1, 2]), Is.EqualTo(Bad), "not pending in the group");
        Assert.That(Pending([1], [1], [1]), Is.EqualTo(Bad), "of two");
    }

    [Test]
    public void Elements_in_an_unusual_form_are_found_by_commands()
    {
        // "12" and "7" as texts, and 5 in eight bytes.
        byte[] odd = [25, 0, 0, 0, 3, 0, 0x82, (byte)'1', (byte)'2', 3, 0x81, (byte)'7', 2, 0xf4, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0xff];
        odd[0] = (byte)odd.Length;
        Assert.That(Restored(20, o => o.String(odd), 11), Is.EqualTo("listpack set 12 5 7"));
        Assert.That(_rig.Run("SMISMEMBER k 12 7 5 6").Items.Select(item => item.Integer), Is.EqualTo(new[] { 1L, 1, 1, 0 }));
    }

    [Test]
    public void Elements_whose_number_is_not_told_are_counted()
    {
        var list = Payload.ListPack("a", "b", "c");
        (list[4], list[5]) = (0xff, 0xff);
        Assert.That(Restored(18, o => { o.Length(1); o.Length(2); o.String(list); }, 10), Is.EqualTo("listpack list [a b c]"));
        Assert.That(Restored(20, o => o.String(list), 11), Is.EqualTo("listpack set a b c"));
    }

    [Test]
    public void Modules_are_refused_and_so_are_types_that_there_are_not()
    {
        Assert.That(Restored(7, o => o.Length(1)), Is.EqualTo(Bad));
        Assert.That(Restored(6, o => o.Length(1)), Is.EqualTo(Bad));
        Assert.That(Restored(8, o => o.Length(1)), Is.EqualTo(Bad));
        Assert.That(Restored(200, o => o.Length(1)), Is.EqualTo(Bad));
    }
}
