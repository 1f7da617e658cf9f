namespace Carnelian.Tests;

/// <summary>What a snapshot does in single situations; <see cref="SnapshotInvariantTests"/> mixes them.</summary>
[TestFixture(false)]
[TestFixture(true)]
public class SnapshotTests(bool usesSlots)
{
    private SnapshotHarness _harness = null!;

    private Snapshots Snapshots => _harness.Snapshots;

    [SetUp]
    public void SetUp() => _harness = new(1, usesSlots, new SnapshotOptions { ChunkBytes = 4096, HashBytesAtOnceMax = 700, BufferBytesMax = 64 << 10 });

    [TearDown]
    public void TearDown() => _harness.Dispose();

    [Test]
    public void Keys_and_offset_are_those_of_the_cut()
    {
        SetMany(100);
        Begin();
        SetMany(200);
        _harness.Delete(0, "key7");
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [Test]
    public void A_key_changed_often_is_copied_once()
    {
        SetMany(10);
        Begin();
        for (var i = 0; i < 5; i++) _harness.Append(0, "key3", [1, 2, 3]);
        Assert.That(Snapshots.Statistics.PreImages, Is.EqualTo(1));
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [Test]
    public void A_key_made_after_the_cut_costs_the_snapshot_nothing()
    {
        Begin();
        SetMany(100);
        SetMany(100);
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [Test]
    public void Writing_into_a_held_string_leaves_the_old_bytes_to_the_snapshot()
    {
        _harness.Set(0, "long", new byte[SnapshotHarness.LongBytes]);
        Begin();
        WalkWithoutReading();
        _harness.SetRange(0, "long", 10, [1, 2, 3]);
        _harness.SetRange(0, "long", 20, [4, 5, 6]);
        Finish();
        _harness.Sink.AssertShowsTheCut();
        Assert.That(_harness.Contents(), Is.EqualTo(_harness.Model()));
    }

    [Test]
    public void A_held_string_is_copied_at_the_first_write_only()
    {
        _harness.Set(0, "long", new byte[SnapshotHarness.LongBytes]);
        Begin();
        _harness.SetRange(0, "long", 10, [1]);
        var used = _harness.Allocator.UsedBytes;
        _harness.SetRange(0, "long", 20, [2]);
        Assert.That(_harness.Allocator.UsedBytes, Is.EqualTo(used));
        Assert.That(Snapshots.Statistics.PreImageBytes, Is.LessThan(1000));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_list_overwritten_while_held_is_kept_for_the_snapshot_and_freed_after_it(bool afterTheWalk)
    {
        PushMany("list", 500);
        Begin();
        if (afterTheWalk) WalkWithoutReading();
        _harness.Set(0, "list", [1]);
        PushMany("other", 10);
        Finish();
        _harness.Sink.AssertShowsTheCut();
        FreePending();
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Collections), Is.LessThan(2000));
    }

    [Test]
    public void Only_nodes_that_change_are_copied_while_a_list_is_held()
    {
        PushMany("list", 5000);
        Begin();
        WalkWithoutReading();
        var before = _harness.Allocator.UsedBytesOf(Purpose.Snapshot);
        SetOften(0);
        var first = _harness.Allocator.UsedBytesOf(Purpose.Snapshot) - before;
        Assert.That(first, Is.InRange(1, (32 << 10) + 1000), "a page of the directory too");
        SetOften(2000);
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Snapshot) - before - first, Is.InRange(1, 1000));
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [Test]
    public void A_large_hash_is_one_run_of_fields_though_other_keys_change_meanwhile()
    {
        SetFields("hash", 0, 300, "old");
        SetMany(100);
        Begin();
        for (var i = 0; !Snapshots.IsIdle; i++)
        {
            Snapshots.Run(new Budget(1));
            SetFields("hash", i % 300, 1, "new");
            _harness.Append(0, "key" + i % 100, [7]);
            _harness.Sink.GiveBackOne();
        }
        _harness.Sink.AssertShowsTheCut();
    }

    [TestCase("delete")]
    [TestCase("overwrite")]
    [TestCase("move")]
    [TestCase("flush")]
    public void A_large_hash_that_goes_half_saved_is_saved_wholly(string how)
    {
        SetFields("hash", 0, 300, "old");
        Begin();
        for (var i = 0; i < 10; i++) Snapshots.Run(new Budget(1));
        Assert.That(_harness.IsHeld(0, "hash"));
        if (how == "delete") _harness.Delete(0, "hash");
        else if (how == "overwrite") _harness.Set(0, "hash", [1]);
        else if (how == "move") _harness.Move(0, "hash", 2, "elsewhere");
        else _harness.Flush(0);
        if (how == "move") _harness.ChangeFields(2, "elsewhere", (ref hash, model) => Assert.That(hash.Delete("f7"u8), Is.EqualTo(model.Remove("f7"))));
        SetFields("hash2", 0, 300, "new");
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [TestCase("set", true)]
    [TestCase("set", false)]
    [TestCase("expire", false)]
    [TestCase("delete field", false)]
    [TestCase("delete field", true)]
    [TestCase("delete", true)]
    [TestCase("delete", false)]
    public void A_long_field_is_held_and_not_copied(string how, bool afterTheWalk)
    {
        SetFields("hash", 0, 3, new('x', SnapshotHarness.LongBytes));
        Begin();
        if (afterTheWalk) WalkWithoutReading();
        var before = _harness.Allocator.UsedBytesOf(Purpose.Snapshot);
        if (how == "delete") _harness.Delete(0, "hash");
        else _harness.ChangeFields(0, "hash", (ref hash, model) =>
        {
            if (how == "expire") hash.SetExpiry("f1"u8, 5000);
            else if (how == "set") hash.Set("f1"u8, "y"u8);
            else hash.Delete("f1"u8);
            model.Remove("f1");
            if (how == "set") model["f1"] = "y";
            else if (how == "expire") model["f1"] = SnapshotHarness.FieldText(new('x', SnapshotHarness.LongBytes), 5000);
        });
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Snapshot) - before, Is.LessThan(3 * 4096));
        Finish();
        _harness.Sink.AssertShowsTheCut();
        Assert.That(_harness.Contents(), Is.EqualTo(_harness.Model()));
        FreePending();
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Held), Is.Zero);
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Values), how == "delete" ? Is.Zero : Is.Positive);
    }

    [Test]
    public void A_flushed_database_is_saved_from_its_old_table()
    {
        SetMany(300);
        Begin();
        Snapshots.Run(new Budget(2));
        _harness.Flush(0);
        SetMany(50);
        Finish();
        _harness.Sink.AssertShowsTheCut();
        FreePending();
        Assert.That(_harness.Contents(), Has.Count.EqualTo(50));
    }

    /// <summary>What the list drops after the snapshot let it go is the list's again.</summary>
    [Test]
    public void Nodes_changed_while_the_list_is_being_released_are_freed_once()
    {
        _harness.Keyspace.Host.ListLimit = NodeLimit.OfBytes(40);
        PushMany("list", 2000);
        Begin();
        WalkWithoutReading();
        _harness.Sink.AssertShowsTheCut();
        for (var steps = 0; !Snapshots.IsIdle; steps++)
        {
            Assert.That(_harness.IsHeld(0, "list") && steps < 1000);
            Snapshots.Run(new Budget(1));
            _harness.ChangeList(0, "list", (ref list, model) =>
            {
                list.RemoveAt(0);
                list.RemoveAt(list.Count - 1);
                model.RemoveAt(0);
                model.RemoveAt(model.Count - 1);
            });
        }
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        Assert.That(_harness.Contents(), Is.EqualTo(_harness.Model()));
    }

    [Test]
    public void Nodes_that_a_snapshot_holds_are_not_moved_and_later_are()
    {
        for (var i = 0; i < 400; i++)
        {
            PushMany("list", 10);
            PushMany("gap", 10);
        }
        _harness.Delete(0, "gap");
        FreePending();
        Begin();
        WalkWithoutReading();
        Assert.That(Moved(), Is.Zero);
        Finish();
        _harness.Sink.AssertShowsTheCut();
        Assert.That(Moved(), Is.Positive);
        Assert.That(_harness.Contents(), Is.EqualTo(_harness.Model()));
    }

    [Test]
    public void Fields_are_moved_while_their_hash_is_saved()
    {
        for (var i = 0; i < 2000; i += 10)
        {
            SetFields("hash", i, 10, "value of some length");
            SetFields("gap", i, 10, "value of some length");
        }
        _harness.Delete(0, "gap");
        FreePending();
        Begin();
        for (var i = 0; i < 50; i++) Snapshots.Run(new Budget(1));
        Assert.That(_harness.IsHeld(0, "hash"));
        Assert.That(Moved(), Is.Positive);
        SetFields("hash", 0, 500, "another");
        Finish();
        _harness.Sink.AssertShowsTheCut();
        Assert.That(_harness.Contents(), Is.EqualTo(_harness.Model()));
    }

    [Test]
    public void The_walk_waits_for_room_and_changes_go_on()
    {
        SetMany(1000);
        Begin();
        _harness.Sink.RoomMax = 2;
        while (Snapshots.Run(new Budget(10)))
        {
        }
        Assert.That(_harness.Sink.ChunksOut, Is.EqualTo(2));
        Assert.That(Snapshots.IsWalking);
        for (var i = 0; i < 1000; i++) _harness.Append(0, "key" + i, [1]);
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [Test]
    public void Writers_of_unsaved_keys_wait_once_the_buffer_is_full_and_others_do_not()
    {
        SetMany(2000);
        Begin();
        _harness.Sink.RoomMax = 0;
        var changed = 0;
        while (!_harness.MustWait(0, "key" + changed))
        {
            _harness.Append(0, "key" + changed, [1]);
            Assert.That(++changed, Is.LessThan(2000), "64 KiB hold fewer keys");
        }
        Assert.That(_harness.MustWait(0, "key" + (changed - 1)), Is.False, "it is saved");
        _harness.Set(0, "new", [1]);
        Assert.That(_harness.MustWait(0, "new"), Is.False);
        Assert.That(_harness.Allocator.UsedBytesOf(Purpose.Snapshot), Is.LessThan((64 << 10) + 3 * 4096));

        _harness.Sink.RoomMax = 4;
        while (Snapshots.IsFull)
        {
            Snapshots.Run(new Budget(10));
            _harness.Sink.GiveBackOne();
        }
        Assert.That(_harness.MustWait(0, "key" + changed), Is.False);
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    [Test]
    public void No_other_snapshot_begins_before_the_chunks_of_an_aborted_one_are_back()
    {
        SetMany(1000);
        Begin();
        Snapshots.Run(new Budget(100));
        Assert.That(_harness.Sink.ChunksOut, Is.Positive);
        Snapshots.Abort();
        Assert.That(Snapshots.TryBegin(_harness.Sink), Is.False);
        _harness.Sink.GiveBackAll();
        Begin();
        Finish();
        _harness.Sink.AssertShowsTheCut();
    }

    /// <summary>
    /// A hash that was marked for a snapshot which did not get to its fields keeps their old marks: with 16 marks, one of the next snapshots
    /// would take them for saved.
    /// </summary>
    [Test]
    public void Marks_wrap_without_taking_old_fields_for_saved()
    {
        SetFields("hash", 0, 300, "old");
        SetMany(30);
        var begun = 0;
        for (var i = 0; i < 100; i++)
        {
            SetFields("hash", i, 2, "value " + i);
            if (!Snapshots.TryBegin(_harness.Sink))
            {
                Finish();
                continue;
            }
            begun++;
            _harness.Append(0, "key" + i % 30, [1]);
            SetFields("hash", i + 100, 2, "value " + i);
            if (i % 7 == 3) Snapshots.Run(new Budget(4));
            if (i < 95) Snapshots.Abort();
            _harness.Sink.GiveBackAll();
            Finish();
            if (i >= 95) _harness.Sink.AssertShowsTheCut();
        }
        Assert.That(begun, Is.InRange(90, 96), "a sweep comes once in 14 aborts");
    }

    private void Begin() => Assert.That(Snapshots.TryBegin(_harness.Sink));

    private void Finish()
    {
        do _harness.Sink.GiveBackAll();
        while (Snapshots.Run(new Budget(100)) || !Snapshots.IsIdle);
    }

    /// <summary>All that the walk does while no chunk is read or given back.</summary>
    private void WalkWithoutReading()
    {
        _harness.Sink.RoomMax = int.MaxValue;
        while (Snapshots.Run(new Budget(100)))
        {
        }
    }

    private void FreePending()
    {
        while (_harness.Keyspace.LazyFree.IsPending) _harness.Keyspace.LazyFree.Run(new Budget(100));
    }

    /// <summary>Blocks of collections that a round of defragmentation moves.</summary>
    private long Moved()
    {
        var before = _harness.Seen.GetValueOrDefault("moved");
        _harness.Defragment(10_000);
        return _harness.Seen["moved"] - before;
    }

    private void SetOften(int index) => _harness.ChangeList(0, "list", (ref list, model) =>
    {
        for (var i = 0; i < 10; i++) list.SetAt(index, "changed"u8.ToArray());
        model[index] = "changed";
    });

    private void SetMany(int keys)
    {
        for (var i = 0; i < keys; i++) _harness.Set(0, "key" + i, [(byte)i, 1]);
    }

    private void PushMany(string key, int elements) => _harness.ChangeList(0, key, (ref list, model) =>
    {
        for (var i = 0; i < elements; i++)
        {
            list.Append(SnapshotHarness.Bytes("element " + i));
            model.Add("element " + i);
        }
    });

    private void SetFields(string key, int first, int count, string value) => _harness.ChangeFields(0, key, (ref hash, model) =>
    {
        for (var i = first; i < first + count; i++)
        {
            hash.Set(SnapshotHarness.Bytes("f" + i), SnapshotHarness.Bytes(value));
            model["f" + i] = value;
        }
    });
}
