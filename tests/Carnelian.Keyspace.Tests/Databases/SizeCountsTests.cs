using System.Numerics;

namespace Carnelian.Tests;

/// <summary>INFO keysizes is kept by increments; a full count must always give the same.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class SizeCountsTests(bool usesSlots)
{
    private const int KeyCount = 300;

    [Test]
    public void Counts_kept_through_every_kind_of_change_equal_a_full_recount([Range(1, 12)] int seed)
    {
        using var rig = new KeyspaceRig((ulong)seed, usesSlots: usesSlots);
        rig.Keyspace.Host.HashLimit = new(8, 64);
        rig.Keyspace.Detach(rig.Heard);
        var random = new Random(seed);
        for (var step = 0; step < 4000; step++)
        {
            var database = random.Next(4);
            var key = KeyspaceRig.Bytes($"key:{random.Next(KeyCount)}");
            Change(rig, random, database, key);
            rig.Allocator.ReleaseRetired();
            if (step % 100 == 0) Verify(rig);
        }
        Verify(rig);
        rig.Keyspace.Flush(null, background: seed % 2 == 0);
        Verify(rig);
    }

    private static void Change(KeyspaceRig rig, Random random, int database, byte[] key)
    {
        var keyspace = rig.Keyspace;
        keyspace.NowMs++;
        switch (random.Next(15))
        {
            case 0 or 1 or 2: rig.Set(KeyspaceRig.Text(key), new string('x', Length(random)), Expiry(rig, random), database); break;
            case 3: rig.Delete(KeyspaceRig.Text(key), database); break;
            case 4:
            {
                var edit = rig.Edit(key, database);
                if (!edit.Exists || edit.View.Type == ValueType.String) edit.Resize(Length(random), ValueEncoding.Raw, KeyspaceEvent.Append);
                break;
            }
            case 5:
            {
                var edit = rig.Edit(key, database);
                if (edit.Exists) edit.SetExpiry(Expiry(rig, random), KeyspaceEvent.Expire);
                break;
            }
            case 6 or 12:
            {
                var (to, newKey) = (random.Next(4), KeyspaceRig.Bytes($"key:{random.Next(KeyCount)}"));
                if (to == database && newKey.AsSpan().SequenceEqual(key)) break;
                var replace = random.Next(2) == 0;
                if (random.Next(2) == 0) keyspace.Move(rig[database], keyspace.KeyOf(key), rig[to], keyspace.KeyOf(newKey), replace, KeyspaceEvent.Delete, KeyspaceEvent.New);
                else keyspace.Copy(rig[database], keyspace.KeyOf(key), rig[to], keyspace.KeyOf(newKey), replace);
                break;
            }
            case 7 or 8: ChangeHash(random, rig.Edit(key, database)); break;
            case 9: ChangeList(random, rig.Edit(key, database)); break;
            case 10: keyspace.Find(rig[database], keyspace.KeyOf(key), LookupFlags.NoTouch); break;
            case 11: rig.Edit(key, database).Overwrite(Length(random), ValueEncoding.Raw, null, zeroed: random.Next(2) == 0); break;
            case 13: keyspace.Swap(rig[random.Next(4)], rig[random.Next(4)]); break;
            default:
                if (random.Next(200) == 0) keyspace.Flush(rig[database], background: random.Next(2) == 0);
                break;
        }
    }

    private static void ChangeHash(Random random, KeyEdit edit)
    {
        if (edit.Exists && edit.View.Type != ValueType.Hash) return;
        var hash = edit.Hash();
        for (var n = random.Next(1, 20); n > 0; n--)
        {
            var name = KeyspaceRig.Bytes($"field:{random.Next(40)}");
            if (random.Next(2) == 0) hash.Set(name, "v"u8);
            else hash.Delete(name);
        }
        hash.Changed(1, null);
        hash.DeleteIfEmpty();
    }

    private static void ChangeList(Random random, KeyEdit edit)
    {
        if (edit.Exists && edit.View.Type != ValueType.List) return;
        var list = new ListEdit(edit);
        for (var n = random.Next(1, 20); n > 0; n--)
        {
            if (list.Count == 0 || random.Next(2) == 0) list.Append("v"u8.ToArray());
            else list.RemoveAt(random.NextInt64(list.Count));
        }
        if (list.Exists) list.End(1, KeyspaceEvent.ListSet);
    }

    /// <summary>Around powers of two, within and beyond what lies inline.</summary>
    private static int Length(Random random) => Math.Max(0, (1 << random.Next(13)) + random.Next(-2, 3));

    private static long Expiry(KeyspaceRig rig, Random random) => random.Next(3) == 0 ? rig.Keyspace.NowMs + random.Next(1, 200) : EntryView.NoExpiry;

    private static void Verify(KeyspaceRig rig)
    {
        foreach (var database in rig.Keyspace.Databases)
        {
            var counted = new Dictionary<(ValueType, int), long>();
            var found = new EntryList();
            ulong cursor = 0;
            do cursor = database.Data.Scan(cursor, found);
            while (cursor != 0);
            for (var i = 0; i < found.Count; i++)
            {
                var size = (ulong)database.Data.SizeOf(found[i]);
                var bin = (found[i].Type, 64 - BitOperations.LeadingZeroCount(size));
                counted[bin] = counted.GetValueOrDefault(bin) + 1;
            }
            foreach (var type in new[] { ValueType.String, ValueType.List, ValueType.Set, ValueType.SortedSet, ValueType.Hash })
            {
                var kept = database.Data.Sizes.Of(type);
                for (var bin = 0; bin < kept.Length; bin++)
                    Assert.That(kept[bin], Is.EqualTo(counted.GetValueOrDefault((type, bin))), $"database {database.Number}, {type}, bin {bin}");
            }
        }
    }
}
