namespace Carnelian.Tests;

/// <summary>Random work against a list of what must be there: contents, counts by purpose, and nothing left at the end.</summary>
public sealed unsafe class BlockAllocatorModelTests
{
    private const int Steps = 30_000;

    [Test]
    public void Random_work_keeps_contents_and_counts([Values(1, 2, 3, 4, 5)] int seed, [Values] bool isChecked, [Values(0, 100, 5000)] int quarantine)
    {
        var model = new Model(seed, new AllocatorOptions { Checked = isChecked, QuarantineBlocks = quarantine });
        for (var step = 0; step < Steps; step++)
        {
            model.Step(step);
            if (step % 500 == 0) model.VerifyCounts();
        }

        model.Finish();
    }

    private sealed class Model(int seed, AllocatorOptions options)
    {
        private readonly BlockAllocator _allocator = new(options);
        private readonly Random _random = new(seed);
        private readonly List<Live> _live = [];
        private readonly List<Live> _retired = [];

        public void Step(int step)
        {
            // Growing and shrinking phases, so that slabs fill up and drain.
            var growing = step / 3000 % 2 == 0;
            var dice = _random.Next(100);
            if (dice < (growing ? 60 : 25)) Allocate();
            else if (dice < 80) Remove((block, i) => _allocator.Free(block, _live[i].Size, _live[i].Purpose));
            else if (dice < 85) Retire();
            else if (dice < 88) ReleaseRetired();
            else if (dice < 93) Move();
            else if (dice < 96) Transfer();
            else if (dice < 98) ReleasePages();
            else if (_random.Next(20) == 0) _allocator.TrimCaches();
        }

        public void VerifyCounts()
        {
            var all = _live.Concat(_retired).ToList();
            Assert.That(_allocator.LiveBlocks, Is.EqualTo(all.Count));
            Assert.That(_allocator.UsedBytes, Is.EqualTo(all.Sum(b => (long)BlockAllocator.UsableSize(b.Size))));
            foreach (var purpose in Enum.GetValues<Purpose>())
            {
                var expected = all.Where(b => b.Purpose == purpose).Sum(b => (long)BlockAllocator.UsableSize(b.Size));
                Assert.That(_allocator.UsedBytesOf(purpose), Is.EqualTo(expected), purpose.ToString());
            }

            Assert.That(_allocator.MappedBytes, Is.GreaterThanOrEqualTo(_allocator.UsedBytes));
            Assert.That(_allocator.PeakUsedBytes, Is.GreaterThanOrEqualTo(_allocator.UsedBytes));
        }

        public void Finish()
        {
            VerifyCounts();
            while (_live.Count > 0) Remove((block, i) => _allocator.Free(block, _live[i].Size, _live[i].Purpose));
            ReleaseRetired();
            VerifyCounts();
            _allocator.TrimCaches();
            Assert.That(_allocator.MappedBytes, Is.Zero);
            Assert.That(_allocator.CachedBytes, Is.Zero);
            _allocator.Dispose();
        }

        private nint RandomSize() => _random.Next(100) switch
        {
            < 60 => _random.Next(1, 200),
            < 90 => _random.Next(200, 5000),
            < 97 => _random.Next(5000, 40_000),
            < 99 => 1 << _random.Next(0, 18),
            _ => _random.Next(40_000, 1_500_000),
        };

        private void Allocate()
        {
            var size = RandomSize();
            var purpose = (Purpose)_random.Next(9);
            var zeroed = _random.Next(4) == 0;
            var block = zeroed ? _allocator.AllocateZeroed(size, purpose) : _allocator.Allocate(size, purpose);
            var live = new Live((nint)block, size, purpose, (byte)_random.Next(256));
            if (zeroed) Assert.That(live.Bytes.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
            live.Bytes.Fill(live.Mark);
            _live.Add(live);
        }

        private delegate void Act(byte* block, int index);

        private void Remove(Act act)
        {
            if (_live.Count == 0) return;
            var i = _random.Next(_live.Count);
            _live[i].Verify();
            act((byte*)_live[i].Block, i);
            _live[i] = _live[^1];
            _live.RemoveAt(_live.Count - 1);
        }

        private void Retire() => Remove((block, i) =>
        {
            _allocator.Retire(block, _live[i].Size, _live[i].Purpose);
            _retired.Add(_live[i]);
        });

        private void ReleaseRetired()
        {
            foreach (var block in _retired) block.Verify();
            _retired.Clear();
            _allocator.ReleaseRetired();
        }

        /// <summary>What defragmentation does.</summary>
        private void Move()
        {
            for (var tries = 0; tries < 20 && _live.Count > 0; tries++)
            {
                var i = _random.Next(_live.Count);
                var old = _live[i];
                if (!_allocator.IsSparse((byte*)old.Block, old.Size)) continue;
                var moved = old with { Block = (nint)_allocator.Allocate(old.Size, old.Purpose) };
                old.Bytes.CopyTo(moved.Bytes);
                old.Verify();
                _allocator.Free((byte*)old.Block, old.Size, old.Purpose);
                moved.Verify();
                _live[i] = moved;
            }
        }

        private void Transfer()
        {
            if (_live.Count == 0) return;
            var i = _random.Next(_live.Count);
            var to = (Purpose)_random.Next(9);
            _allocator.Transfer(_live[i].Size, _live[i].Purpose, to);
            _live[i] = _live[i] with { Purpose = to };
        }

        private void ReleasePages()
        {
            if (_live.Count == 0) return;
            var live = _live[_random.Next(_live.Count)];
            if (live.Size <= 16384) return;
            var offset = _random.Next((int)live.Size);
            var length = _random.Next((int)live.Size - offset);
            _allocator.ReleasePages((byte*)live.Block, offset, length);
            Assert.That(live.Bytes[..offset].IndexOfAnyExcept(live.Mark), Is.EqualTo(-1));
            Assert.That(live.Bytes[(offset + length)..].IndexOfAnyExcept(live.Mark), Is.EqualTo(-1));
            live.Bytes.Fill(live.Mark);
        }
    }

    private sealed record Live(nint Block, nint Size, Purpose Purpose, byte Mark)
    {
        public Span<byte> Bytes => new((byte*)Block, (int)Size);

        public void Verify() => Assert.That(Bytes.IndexOfAnyExcept(Mark), Is.EqualTo(-1), $"{Size} bytes for {Purpose}");
    }
}
