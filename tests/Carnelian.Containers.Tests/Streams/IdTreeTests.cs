namespace Carnelian.Tests;

/// <summary>Random changes of a tree in checked memory, with holds between them, against an ordered dictionary.</summary>
public sealed unsafe class IdTreeTests
{
    private sealed class Rig : IDisposable
    {
        private readonly IdTreeRoot* _root, _frozen;
        private readonly SortedDictionary<StreamId, ulong> _model = [];
        private readonly int _valueBytes;
        private KeyValuePair<StreamId, ulong>[]? _held;
        private StreamId _position;

        public Rig(int seed, int valueBytes)
        {
            Random = new(seed);
            Allocator = new(new() { Checked = true, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
            Host = new(Allocator, new((ulong)Random.NextInt64(), 3));
            _valueBytes = valueBytes;
            _root = (IdTreeRoot*)Allocator.Allocate(IdTreeRoot.Bytes, Purpose.Keys);
            _frozen = (IdTreeRoot*)Allocator.Allocate(IdTreeRoot.Bytes, Purpose.Keys);
            *_root = new(valueBytes);
        }

        public Random Random { get; }

        public BlockAllocator Allocator { get; }

        public TableHost Host { get; }

        public IdTree Tree => new(_root, Host);

        public int Height => _root->Height;

        public int Count => _model.Count;

        public bool IsHeld => _held is not null;

        public StreamId Any()
        {
            var cursor = Tree.Ceiling(new((ulong)Random.Next(10_000), 0));
            return cursor.IsValid ? cursor.Id : Tree.First.Id;
        }

        public void Put(StreamId id)
        {
            var value = (ulong)Random.NextInt64();
            var at = Tree.GetOrAdd(id, out var isAdded);
            Assert.That(isAdded, Is.Not.EqualTo(_model.ContainsKey(id)));
            Write(at, value);
            _model[id] = value;
        }

        public void Edit(StreamId id)
        {
            var isThere = Tree.TryEdit(id, out var at);
            Assert.That(isThere, Is.EqualTo(_model.ContainsKey(id)));
            if (!isThere) return;
            _model[id]++;
            Write(at, _model[id]);
        }

        public void Remove(StreamId id) => Assert.That(Tree.Remove(id), Is.EqualTo(_model.Remove(id)));

        /// <summary>So that inner nodes lose their first children.</summary>
        public void RemoveRun(int count)
        {
            for (var id = Random.Next(2) == 0 ? new((ulong)Random.Next(10_000), 0) : StreamId.Min; count > 0 && Tree.Ceiling(id) is { IsValid: true } cursor; count--)
            {
                id = cursor.Id;
                Remove(id);
            }
        }

        private void Write(byte* at, ulong value)
        {
            for (var i = 0; i < _valueBytes / 8; i++) ((ulong*)at)[i] = value + (ulong)i;
        }

        private ulong Read(IdCursor cursor)
        {
            for (var i = 1; i < _valueBytes / 8; i++) Assert.That(((ulong*)cursor.Value)[i], Is.EqualTo(*(ulong*)cursor.Value + (ulong)i));
            return _valueBytes == 0 ? 0 : *(ulong*)cursor.Value;
        }

        private List<KeyValuePair<StreamId, ulong>> Walk(IdTreeRoot* root, bool backward)
        {
            var walked = new List<KeyValuePair<StreamId, ulong>>();
            var cursor = backward ? IdCursor.Last(root) : IdCursor.First(root);
            for (var goesOn = cursor.IsValid; goesOn; goesOn = backward ? cursor.MovePrevious() : cursor.MoveNext()) walked.Add(new(cursor.Id, Read(cursor)));
            Assert.That(cursor.IsValid, Is.False);
            return walked;
        }

        /// <summary>Not by a constraint, which takes a second for ten thousand.</summary>
        private void AssertEqual(List<KeyValuePair<StreamId, ulong>> walked, IEnumerable<KeyValuePair<StreamId, ulong>> model) =>
            Assert.That(walked.SequenceEqual(model.Select(pair => new KeyValuePair<StreamId, ulong>(pair.Key, _valueBytes == 0 ? 0 : pair.Value))));

        public void Verify()
        {
            Assert.That(Tree.Count, Is.EqualTo(_model.Count));
            Assert.That(Tree.MemoryBytes, Is.EqualTo(Allocator.UsedBytesOf(Purpose.Collections)));
            AssertEqual(Walk(_root, backward: false), _model);
            AssertEqual(Walk(_root, backward: true), _model.Reverse());
            var ids = _model.Keys.ToArray();
            for (var i = 0; i < 50 && ids.Length > 0; i++)
            {
                var id = ids[Random.Next(ids.Length)];
                if (Random.Next(2) == 0) id = new(id.Milliseconds, id.Sequence + 1);
                var index = Array.BinarySearch(ids, id);
                var (floor, ceiling) = index >= 0 ? (index, index) : (~index - 1, ~index);
                Assert.That(Tree.Find(id).IsValid, Is.EqualTo(index >= 0));
                AssertAt(Tree.Floor(id), ids, floor);
                AssertAt(Tree.Ceiling(id), ids, ceiling);
            }
            AssertAt(Tree.First, ids, 0);
            AssertAt(Tree.Last, ids, ids.Length - 1);
        }

        private static void AssertAt(IdCursor cursor, StreamId[] ids, int index)
        {
            Assert.That(cursor.IsValid, Is.EqualTo((uint)index < (uint)ids.Length));
            if (cursor.IsValid) Assert.That(cursor.Id, Is.EqualTo(ids[index]));
        }

        public void Freeze()
        {
            Host.SnapshotNumber++;
            *_frozen = Tree.Freeze();
            _held = [.. _model];
            _position = StreamId.Min;
        }

        public void VerifyHeld()
        {
            if (_position == StreamId.Min) AssertEqual(Walk(_frozen, backward: false), _held!);
        }

        public void Release(int leaves)
        {
            if (!IdTree.ReleaseSome(_frozen, ref _position, leaves, Allocator)) return;
            _held = null;
            Assert.That(Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        }

        /// <summary>While a snapshot lets go, if there is one.</summary>
        public void Free()
        {
            var position = StreamId.Min;
            while (!Tree.FreeSome(ref position, Random.Next(1, 4)))
            {
                if (IsHeld && Random.Next(2) == 0) Release(Random.Next(1, 4));
            }
            _model.Clear();
            *_root = new(_valueBytes);
        }

        public int Defragment()
        {
            var (mover, position) = (new BlockMover(Allocator), StreamId.Min);
            while (!Tree.Defragment(ref position, Random.Next(1, 5), ref mover))
            {
            }
            return mover.Moved;
        }

        public void Dispose()
        {
            Free();
            while (IsHeld) Release(3);
            Allocator.Free((byte*)_root, IdTreeRoot.Bytes, Purpose.Keys);
            Allocator.Free((byte*)_frozen, IdTreeRoot.Bytes, Purpose.Keys);
            Allocator.Dispose();
        }
    }

    private readonly HashSet<string> _met = [];

    [OneTimeTearDown]
    public void Every_state_was_met() => Assert.That(_met, Is.EquivalentTo(new[] { "held", "freed while held", "high", "empty", "moved" }));

    [Test]
    public void Random_changes_agree_with_an_ordered_dictionary_also_while_held([Range(1, 60)] int seed)
    {
        using var rig = new Rig(seed, (seed % 3) switch { 0 => 0, 1 => 8, _ => 24 });
        var random = rig.Random;
        var ids = seed % 5 == 0 ? 40 : seed % 5 == 1 ? 9_000 : 2_000;
        ulong last = 0;
        for (var round = 0; round < 60; round++)
        {
            var (grows, appends, takesFirst) = (random.Next(3) > 0, random.Next(2) == 0, random.Next(2) == 0);
            for (var i = random.Next(ids / 4 + 2); i > 0; i--)
            {
                if (random.Next(10) == 0) rig.Edit(new((ulong)random.Next(ids), 0));
                else if (grows || rig.Count == 0) rig.Put(appends ? new(last += (ulong)random.Next(2), (ulong)i % 3) : new((ulong)random.Next(ids), 0));
                else rig.Remove(takesFirst ? rig.Tree.First.Id : random.Next(4) == 0 ? new((ulong)random.Next(ids), 0) : rig.Any());
            }
            if (random.Next(3) == 0) rig.RemoveRun(random.Next(ids / 4));
            if (rig.Height > 2) _met.Add("high");
            if (rig.Count == 0) _met.Add("empty");
            rig.Verify();
            if (rig.IsHeld)
            {
                _met.Add("held");
                rig.VerifyHeld();
                if (random.Next(3) == 0) rig.Release(random.Next(1, 60));
            }
            else
            {
                if (rig.Defragment() > 0) _met.Add("moved");
                if (random.Next(3) == 0) rig.Freeze();
            }
            if (random.Next(25) == 0)
            {
                if (rig.IsHeld) _met.Add("freed while held");
                rig.Free();
            }
        }
    }

    [Test]
    public void What_is_appended_leaves_full_nodes_behind_and_little_takes_little([Values(0, 8, 24)] int valueBytes)
    {
        using var rig = new Rig(1, valueBytes);
        rig.Put(new(1, 0));
        Assert.That(rig.Tree.MemoryBytes, Is.EqualTo(IdNode.HeaderBytes + StreamId.Bytes + valueBytes));
        for (var i = 2; i <= 10_000; i++) rig.Put(new((ulong)i, 0));
        Assert.That(rig.Tree.MemoryBytes, Is.LessThan(10_000 * (StreamId.Bytes + valueBytes + 3)));
        for (var i = 1; i < 10_000; i++) rig.Remove(new((ulong)i, 0));
        Assert.That(rig.Tree.MemoryBytes, Is.LessThan(IdNode.HeaderBytes + 4 * (StreamId.Bytes + valueBytes)));
    }

    [Test]
    public void A_change_while_held_copies_the_nodes_of_one_path()
    {
        using var rig = new Rig(1, 8);
        for (var i = 0; i < 100_000; i++) rig.Put(new((ulong)i, 0));
        rig.Freeze();
        rig.Edit(new(50_000, 0));
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Snapshot), Is.LessThanOrEqualTo(rig.Height * IdNode.BytesMax));
        rig.Edit(new(50_000, 0));
        rig.Verify();
        rig.VerifyHeld();
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Snapshot), Is.LessThanOrEqualTo(rig.Height * IdNode.BytesMax));
    }
}
