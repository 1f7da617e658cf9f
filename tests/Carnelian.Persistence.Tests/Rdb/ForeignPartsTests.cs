namespace Carnelian.Tests;

/// <summary>What files have that others know: modules, functions, idempotent producers of Redis 8.6, slots that Valkey was importing.</summary>
internal sealed class ForeignPartsTests
{
    private static readonly ulong _json = ModuleName.IdOf("ReJSON-RL"u8, 3), _vectorSet = ModuleName.IdOf("vectorset"u8, 1);

    private static void Value(RdbOutput output, ulong module)
    {
        output.Length(module);
        output.Length(5);
        output.Text(new('x', 100));
        output.Length(4);
        output.Double(1.5);
        output.Length(0);
    }

    private static void Key(RdbOutput output, string name, ulong module)
    {
        output.Byte(7);
        output.Text(name);
        Value(output, module);
    }

    private static RdbFileReader Reader(PersistenceRig rig, byte[] file, RdbLoader loader, UnknownModules modules = default) =>
        new(RdbTestFile.Source(file, chunkBytes: 64), loader) { UnknownModules = modules };

    private static byte[] WithJson() => RdbTestFile.Of("REDIS0012", o =>
    {
        o.Byte(0); o.Text("before"); o.Text("v");
        o.Byte(252); o.Milliseconds(4102444800000); Key(o, "doc", _json);
        Key(o, "vectors", _vectorSet);
        o.Byte(0); o.Text("behind"); o.Text("v");
    });

    [Test]
    public void A_key_of_an_unknown_module_stops_the_load_and_both_are_named()
    {
        using var rig = new PersistenceRig();
        var reader = Reader(rig, WithJson(), new RdbLoader(rig.Keyspace));
        Assert.That(reader.ReadAll(), Is.False);
        Assert.That(reader.Error, Is.EqualTo("a value of the module type 'ReJSON-RL', which there is not (key 'doc' of database 0)"));
        Assert.That(rig.Run("EXISTS doc").Integer, Is.Zero);
    }

    [Test]
    public void Or_it_is_passed_over_and_counted()
    {
        using var rig = new PersistenceRig();
        var told = new List<string>();
        var loader = new RdbLoader(rig.Keyspace) { Settings = new() { UnknownModules = UnknownModules.Skip }, PassedOver = (name, why) => told.Add($"{name} {why}") };
        var reader = Reader(rig, WithJson(), loader);
        Assert.That(reader.ReadAll(), reader.Error);
        Assert.That((reader.ModuleKeys, loader.KeysLoaded), Is.EqualTo((1L, 3L)));
        Assert.That(told, Is.EqualTo(new[] { "doc Skipped" }));
        Assert.That(rig.Run("PEXPIRETIME vectors").Integer, Is.EqualTo(-1), "the time was that of the key that was passed over");
    }

    [Test]
    public void Or_it_is_kept_and_written_back_byte_for_byte()
    {
        using var rig = new PersistenceRig();
        var loader = new RdbLoader(rig.Keyspace) { Settings = new() { UnknownModules = UnknownModules.Keep } };
        Assert.That(Reader(rig, WithJson(), loader).ReadAll());
        Assert.That((rig.Run("TYPE doc").Text, rig.Run("TYPE vectors").Text), Is.EqualTo(("ReJSON-RL", "vectorset")));
        Assert.That(rig.Run("OBJECT ENCODING doc").Text, Is.EqualTo("raw"));
        Assert.That(rig.Run("GET doc").Text, Does.StartWith("WRONGTYPE"));
        Assert.That(rig.Run("SCAN 0 TYPE rejson-rl").Items[1].Items.Single().Text, Is.EqualTo("doc"));
        Assert.That(rig.Dump("vectors"), Is.EqualTo(Payload.Of(7, o => Value(o, _vectorSet), 8)));
        rig.Run("COPY doc copy");
        rig.Run("RENAME copy moved");
        Assert.That(rig.Dump("moved"), Is.EqualTo(Payload.Of(7, o => Value(o, _json), 8)));
        using var again = new PersistenceRig();
        Assert.That(Reader(again, RdbTestFile.Write(rig), new(again.Keyspace) { Settings = new() { UnknownModules = UnknownModules.Keep } }).ReadAll());
        Assert.That(again.Dump("doc"), Is.EqualTo(rig.Dump("doc")));
        Assert.That(again.Run("PEXPIRETIME doc").Integer, Is.EqualTo(4102444800000));
    }

    [Test]
    public void Of_a_payload_only_vector_sets_are_taken_unless_all_are_kept()
    {
        using var rig = new PersistenceRig();
        Assert.That(rig.Restore("k", Payload.Of(7, o => Value(o, _vectorSet), 12)).Text, Is.EqualTo("OK"));
        Assert.That(rig.Restore("j", Payload.Of(7, o => Value(o, _json), 12)).Text, Is.EqualTo("ERR Bad data format"));
        rig.Dumps.Settings.UnknownModules = UnknownModules.Skip;
        Assert.That(rig.Restore("j", Payload.Of(7, o => Value(o, _json), 12)).Text, Is.EqualTo("ERR Bad data format"));
        rig.Dumps.Settings.UnknownModules = UnknownModules.Keep;
        Assert.That(rig.Restore("j", Payload.Of(7, o => Value(o, _json), 12)).Text, Is.EqualTo("OK"));
        Assert.That(rig.Restore("k", Payload.Of(7, o => { o.Length(_vectorSet); o.Length(9); }, 12)).Text, Is.EqualTo("ERR Bad data format"), "no part has the number");
    }

    [Test]
    public void Long_values_of_modules_come_in_many_chunks()
    {
        using var rig = new PersistenceRig();
        void Long(RdbOutput o)
        {
            o.Length(_vectorSet);
            for (var i = 0; i < 5000; i++) { o.Length(5); o.Text($"element {i} {new string('x', i % 90)}"); o.Length(2); o.Length(i); }
            o.Length(0);
        }
        var file = RdbTestFile.Of("REDIS0012", o => { o.Byte(7); o.Text("k"); Long(o); });
        Assert.That(Reader(rig, file, new(rig.Keyspace)).ReadAll());
        Assert.That(rig.Dump("k"), Is.EqualTo(Payload.Of(7, Long, 8)));
    }

    private static byte[] Stream(int version, Action<RdbOutput> behind)
    {
        using var rig = new PersistenceRig();
        rig.Run("XADD k 1-1 a b");
        rig.Run("XGROUP CREATE k g 0");
        rig.Run("XREADGROUP GROUP g c STREAMS k >");
        var dumped = rig.Dump("k");
        return Payload.Of(26, o => { o.Bytes(dumped.AsSpan(1, dumped.Length - 11)); behind(o); }, version);
    }

    [Test]
    public void A_stream_of_Redis_8_6_comes_without_what_idempotent_producers_have_sent([Values] bool hasProducers)
    {
        using var rig = new PersistenceRig();
        var payload = Stream(13, o =>
        {
            o.Length(100); o.Length(50);
            o.Length(hasProducers ? 2 : 0);
            if (hasProducers)
            {
                o.Text("producer"); o.Length(2); o.Text("first"); o.Length(1); o.Length(1); o.Text("second"); o.Length(1); o.Length(2);
                o.Text("idle"); o.Length(0);
            }
            o.Length(2); o.Length(0);
        });
        Assert.That(rig.Restore("k", payload).Text, Is.EqualTo("OK"));
        Assert.That(rig.Show("k"), Does.StartWith("stream -1 [[1-1 [a b]]]").And.Contains("[1-1 c"));
        // Cut within what is passed over.
        Assert.That(rig.Restore("l", Payload.Sealed([.. payload[..^30], 13, 0])).Text, Is.EqualTo("ERR Bad data format"));
    }

    /// <summary>A class "KMT1", version 2, that may be passed over or not; its value is a number and a text.</summary>
    private static void Metadata(RdbOutput output, bool mayBeIgnored)
    {
        output.Byte(243);
        output.Length(1);
        uint spec = 0;
        foreach (var letter in "KMT1") spec = spec << 6 | (uint)"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".IndexOf(letter);
        output.Bytes(BitConverter.GetBytes(spec << 8 | 2 << 3 | (mayBeIgnored ? 1u : 0)));
        output.Length(2); output.Length(7); output.Length(5); output.Text("text"); output.Length(0);
    }

    [Test]
    public void What_modules_keep_with_a_key_is_passed_over_and_counted_if_they_allow_it([Values] bool mayBeIgnored, [Values] bool skips)
    {
        using var rig = new PersistenceRig();
        var file = RdbTestFile.Of("REDIS0013", o => { o.Byte(252); o.Milliseconds(4102444800000); Metadata(o, mayBeIgnored); o.Byte(0); o.Text("k"); o.Text("v"); });
        var modules = skips ? UnknownModules.Skip : UnknownModules.Stop;
        var reader = Reader(rig, file, new(rig.Keyspace), modules);
        Assert.That(reader.ReadAll(), Is.EqualTo(mayBeIgnored || skips));
        if (reader.Error is null) Assert.That((reader.Metadata, rig.Run("PEXPIRETIME k").Integer), Is.EqualTo((1L, 4102444800000)));
        else Assert.That(reader.Error, Is.EqualTo("metadata of a key, of the class 'KMT1', which there is not"));
        // In a payload likewise.
        var payload = Payload.Of(243, o =>
        {
            var made = new RdbBuffer();
            Metadata(made, mayBeIgnored);
            o.Bytes(made.Written[1..]);
            o.Byte(0);
            o.Text("v");
        }, 13);
        rig.Dumps.Settings.UnknownModules = modules;
        Assert.That(rig.Restore("l", payload).Text, Is.EqualTo(mayBeIgnored || skips ? "OK" : "ERR Bad data format"));
    }

    [Test]
    public void Slots_that_Valkey_was_importing_are_passed_over()
    {
        using var rig = new PersistenceRig();
        var file = RdbTestFile.Of("VALKEY080", o => { o.Byte(243); o.Text("job"); o.Length(2); o.Length(1); o.Length(5); o.Length(9); o.Length(9); o.Byte(0); o.Text("k"); o.Text("v"); });
        var reader = Reader(rig, file, new(rig.Keyspace));
        Assert.That(reader.ReadAll(), reader.Error);
        Assert.That(rig.Run("GET k").Text, Is.EqualTo("v"));
    }

    [Test]
    public void Packed_parts_are_counted_as_looked_at_when_the_directive_says_so()
    {
        using var rig = new PersistenceRig();
        rig.Run("HSET k f v");
        var payload = rig.Dump("k");
        rig.Restore("l", payload);
        Assert.That(rig.Keyspace.Statistics.PayloadsSanitized, Is.Zero);
        foreach (var mode in new[] { PayloadSanitizing.Always, PayloadSanitizing.OfClients })
        {
            rig.Keyspace.Statistics.PayloadsSanitized = 0;
            rig.Dumps.Settings.Sanitizing = mode;
            rig.Restore("l", payload);
            Assert.That(rig.Keyspace.Statistics.PayloadsSanitized, Is.EqualTo(1));
            using var to = new PersistenceRig();
            Assert.That(Reader(to, RdbTestFile.Write(rig), new(to.Keyspace) { Settings = rig.Dumps.Settings }).ReadAll());
            Assert.That(to.Keyspace.Statistics.PayloadsSanitized, Is.EqualTo(mode == PayloadSanitizing.Always ? 2 : 0));
        }
    }
}
