using System.Buffers.Binary;
using System.Text;

namespace Carnelian.Tests;

public class MultimapTests
{
    private BlockAllocator _allocator = null!;
    private TableHost _host = null!;
    private Multimap _map = null!;

    [SetUp]
    public void SetUp()
    {
        _allocator = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 });
        _host = new(_allocator, new(1, 2));
        _map = new(_host, Purpose.Other);
    }

    [TearDown]
    public void TearDown()
    {
        _map.Dispose();
        _allocator.Dispose();
    }

    [Test]
    public void Holders_of_a_key_stand_in_the_order_in_which_they_came()
    {
        var chains = new MultimapChain[4];
        foreach (var holder in new[] { 2, 0, 3, 1 }) Add("key", holder, ref chains[holder]);
        Assert.That(HoldersOf("key"), Is.EqualTo(new long[] { 2, 0, 3, 1 }));
        _map.RemoveAll(ref chains[3]);
        Add("key", 3, ref chains[3]);
        Assert.That(HoldersOf("key"), Is.EqualTo(new long[] { 2, 0, 1, 3 }));
    }

    [Test]
    public void A_key_taken_twice_is_held_once()
    {
        var chains = new MultimapChain[2];
        var first = Add("key", 0, ref chains[0]);
        first.Note = 7;
        Add("key", 1, ref chains[1]);
        Assert.That(Add("key", 0, ref chains[0]).Note, Is.EqualTo(7));
        Assert.That(chains[0].Count, Is.EqualTo(1));
        Assert.That(HoldersOf("key"), Is.EqualTo(new long[] { 0, 1 }));
    }

    [Test]
    public void Databases_do_not_share_keys()
    {
        var chain = new MultimapChain();
        Add("key", 5, ref chain);
        Assert.That(_map.TryFind(1, "key"u8, _host.Hash("key"u8), out _), Is.False);
        _map.Add(9, "key"u8, _host.Hash("key"u8), 5, ref chain);
        Assert.That(chain.Count, Is.EqualTo(2));
        Assert.That((_map.CountOf(0), _map.CountOf(9), _map.CountOf(8), _map.CountOf(100)), Is.EqualTo((1L, 1L, 0L, 0L)));
        Assert.That(_map.RemoveAll(ref chain), Is.EqualTo(2));
    }

    [Test]
    public void A_group_keeps_its_mark_and_goes_with_its_last_link()
    {
        var chains = new MultimapChain[2];
        var link = Add("key", 0, ref chains[0]);
        Add("key", 1, ref chains[1]);
        var group = link.Group;
        group.Mark = 3;
        Assert.That(_map.Remove(link, ref chains[0]), Is.False);
        Assert.That(_map.TryFind(0, "key"u8, _host.Hash("key"u8), out var found) && found.Mark == 3);
        Assert.That(_map.Remove(found.First, ref chains[1]));
        Assert.That(Encoding.ASCII.GetString(found.Key), Is.EqualTo("key"), "until the end of the call");
        Add("key", 1, ref chains[1]);
        Assert.That(chains[1].First.Group.Mark, Is.Zero);
    }

    [Test]
    public void Going_through_a_group_tolerates_the_removal_of_the_present_link()
    {
        var chains = new MultimapChain[10];
        for (var holder = 0; holder < 10; holder++) Add("key", holder, ref chains[holder]);
        _map.TryFind(0, "key"u8, _host.Hash("key"u8), out var group);
        var seen = new List<long>();
        for (var link = group.First; link.Exists;)
        {
            var next = link.Next;
            seen.Add(link.Holder);
            if (link.Holder % 2 == 0) _map.Remove(link, ref chains[link.Holder]);
            link = next;
        }
        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 10)));
        Assert.That(HoldersOf("key"), Is.EqualTo(new long[] { 1, 3, 5, 7, 9 }));
    }

    [Test]
    public void Holding_allocates_nothing_managed()
    {
        var chain = new MultimapChain();
        Add("key", 0, ref chain);
        _map.RemoveAll(ref chain);
        _allocator.ReleaseRetired();
        using var allocator = new BlockAllocator(new AllocatorOptions { RangeBytesMax = 1L << 30 });
        using var map = new Multimap(new(allocator, new(1, 2)), Purpose.Other);
        map.Add(0, [0], _host.Hash([0]), 0, ref chain);
        Span<byte> key = stackalloc byte[4];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < 1000; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, i);
            map.Add(0, key, _host.Hash(key), 0, ref chain);
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Random_holding_agrees_with_a_model([Range(1, 20)] int seed)
    {
        const int Holders = 12, Databases = 3;
        var chance = new Random(seed);
        var keys = chance.Next(1, 400);
        var groups = new Dictionary<(int, int), List<long>>();
        var held = new List<(int, int)>[Holders];
        for (var i = 0; i < Holders; i++) held[i] = [];
        var chains = new MultimapChain[Holders];
        for (var i = 0; i < 4000; i++)
        {
            var holder = chance.Next(Holders);
            var place = (Database: chance.Next(Databases), Key: chance.Next(keys));
            var key = KeyOf(place.Key);
            var wasHeld = held[holder].Contains(place);
            switch (chance.Next(20))
            {
                case < 12:
                    var link = _map.Add(place.Database, key, _host.Hash(key), holder, ref chains[holder]);
                    Assert.That((link.Holder, link.Group.Number, link.Group.Key.SequenceEqual(key)), Is.EqualTo(((long)holder, place.Database, true)));
                    if (wasHeld) break;
                    held[holder].Add(place);
                    if (!groups.TryGetValue(place, out var list)) groups[place] = list = [];
                    list.Add(holder);
                    break;
                case < 19:
                    var isThere = _map.TryFind(place.Database, key, _host.Hash(key), out var group);
                    Assert.That(isThere, Is.EqualTo(groups.ContainsKey(place)));
                    if (!isThere) break;
                    var own = Multimap.Find(group, holder, chains[holder]);
                    Assert.That(own.Exists, Is.EqualTo(wasHeld));
                    if (!wasHeld) break;
                    Assert.That(_map.Remove(own, ref chains[holder]), Is.EqualTo(Leave(groups, place, holder)));
                    held[holder].Remove(place);
                    break;
                default:
                    var gone = 0;
                    foreach (var one in held[holder]) gone += Leave(groups, one, holder) ? 1 : 0;
                    held[holder].Clear();
                    Assert.That(_map.RemoveAll(ref chains[holder]), Is.EqualTo(gone));
                    break;
            }
            _allocator.ReleaseRetired();
            if (i % 100 == 0) Compare(groups, held, chains);
        }
        Compare(groups, held, chains);
    }

    private void Compare(Dictionary<(int, int), List<long>> groups, List<(int, int)>[] held, MultimapChain[] chains)
    {
        var found = new Dictionary<(int, int), List<long>>();
        var list = new GroupList();
        for (var number = 0; number < 4; number++)
        {
            list.Clear();
            ulong cursor = 0;
            do cursor = _map.Scan(number, cursor, list);
            while (cursor != 0);
            for (var i = 0; i < list.Count; i++) found[(number, int.Parse(Encoding.ASCII.GetString(list[i].Key).TrimStart('k')))] = HoldersOf(list[i]);
        }
        Assert.That(found, Is.EquivalentTo(groups));
        for (var i = 0; i < held.Length; i++)
        {
            var chain = new List<(int, int)>();
            for (var link = chains[i].First; link.Exists; link = link.NextOfHolder)
                chain.Add((link.Group.Number, int.Parse(Encoding.ASCII.GetString(link.Group.Key).TrimStart('k'))));
            Assert.That(chain, Is.EqualTo(held[i]));
        }
        Assert.That((_map.Groups, _map.Links), Is.EqualTo(((long)groups.Count, (long)groups.Values.Sum(g => g.Count))));
    }

    private static bool Leave(Dictionary<(int, int), List<long>> groups, (int, int) place, long holder)
    {
        groups[place].Remove(holder);
        return groups[place].Count == 0 && groups.Remove(place);
    }

    private MultimapLink Add(string key, long holder, ref MultimapChain chain) =>
        _map.Add(0, Encoding.ASCII.GetBytes(key), _host.Hash(Encoding.ASCII.GetBytes(key)), holder, ref chain);

    private List<long> HoldersOf(string key) =>
        _map.TryFind(0, Encoding.ASCII.GetBytes(key), _host.Hash(Encoding.ASCII.GetBytes(key)), out var group) ? HoldersOf(group) : [];

    private static List<long> HoldersOf(MultimapGroup group)
    {
        var holders = new List<long>();
        for (var link = group.First; link.Exists; link = link.Next) holders.Add(link.Holder);
        Assert.That(group.Count, Is.EqualTo(holders.Count));
        return holders;
    }

    private static byte[] KeyOf(int key) => Encoding.ASCII.GetBytes(new string('k', key % 300) + key);
}
