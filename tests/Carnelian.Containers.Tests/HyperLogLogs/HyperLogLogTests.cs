using System.Text;

namespace Carnelian.Tests;

internal sealed class HyperLogLogTests
{
    private static byte[] Element(int i) => Encoding.ASCII.GetBytes($"element:{i}");

    [Test]
    public void Dense_registers_keep_what_each_is_given([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var (packed, model) = (new byte[DenseRegisters.Bytes], new byte[HyperLogLog.Registers]);
        for (var i = 0; i < 100_000; i++)
        {
            var (register, value) = (random.Next(model.Length), (byte)random.Next(HyperLogLog.RegisterMax + 1));
            DenseRegisters.Set(packed, register, model[register] = value);
        }
        for (var i = 0; i < model.Length; i++) Assert.That(DenseRegisters.Get(packed, i), Is.EqualTo(model[i]));
        var again = new byte[DenseRegisters.Bytes];
        DenseRegisters.Pack(model, again);
        Assert.That(again, Is.EqualTo(packed));

        foreach (var together in new[] { true, false })
        {
            var merged = new byte[model.Length];
            random.NextBytes(merged);
            for (var i = 0; i < merged.Length; i++) merged[i] &= HyperLogLog.RegisterMax;
            var expected = merged.Zip(model, Math.Max).ToArray();
            DenseRegisters.Merge(packed, merged, together);
            Assert.That(merged, Is.EqualTo(expected));
        }
    }

    /// <summary>Against a byte per register: the runs say the same after each change, and are as short as neighbours of one value allow.</summary>
    [Test]
    public void Sparse_registers_agree_with_a_model([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var model = new byte[HyperLogLog.Registers];
        var room = new byte[20_000];
        HyperLogLog.Empty[HyperLogLog.HeaderBytes..].CopyTo(room);
        var length = HyperLogLog.Empty.Length - HyperLogLog.HeaderBytes;
        var range = seed % 3 == 0 ? 50 : model.Length;
        for (var i = 0; i < 3000; i++)
        {
            var (register, value) = (random.Next(range), (byte)(1 + random.Next(seed % 2 == 0 ? 3 : SparseRegisters.ValueMax)));
            var sparse = new SparseRegisters(room, length);
            Assert.That(sparse.Raise(register, value, 15_000, out var mustBeDense), Is.EqualTo(model[register] < value));
            Assert.That(mustBeDense, Is.False);
            length = sparse.Length;
            model[register] = Math.Max(model[register], value);
            if (i % 100 != 0) continue;
            var registers = new byte[model.Length];
            Assert.That(SparseRegisters.TryMerge(room.AsSpan(0, length), registers));
            Assert.That(registers, Is.EqualTo(model));
        }
    }

    [Test]
    public void Sparse_registers_must_be_dense_for_large_values_and_beyond_their_limit()
    {
        var room = new byte[100];
        HyperLogLog.Empty[HyperLogLog.HeaderBytes..].CopyTo(room);
        var sparse = new SparseRegisters(room, 2);
        Assert.That(sparse.Raise(5, SparseRegisters.ValueMax + 1, 100, out var mustBeDense), Is.Null);
        Assert.That(mustBeDense);
        Assert.That(sparse.Raise(5, 1, 3, out mustBeDense), Is.Null);
        Assert.That(mustBeDense);
        Assert.That(sparse.Raise(5, 1, 4, out mustBeDense), Is.True);
        Assert.That(mustBeDense, Is.False);
        Assert.That(sparse.Length, Is.EqualTo(4), "z:5 v:1,1 Z:16378");
    }

    [TestCase(new byte[] { 0x7f }), TestCase(new byte[] { 0x7f, 0xff, 0 }), TestCase(new byte[] { 0x7f, 0xfe }), TestCase(new byte[] { 0x7f, 0xfe, 0x81 }), TestCase(new byte[0])]
    public void Runs_that_are_not_those_of_all_registers_are_refused(byte[] runs)
    {
        Assert.That(SparseRegisters.TryMerge(runs, new byte[HyperLogLog.Registers]), Is.False);
        byte[] value = [.. HyperLogLog.Empty[..HyperLogLog.HeaderBytes], .. runs];
        Assert.That(HyperLogLog.TryEstimate(value, out _), Is.False);
        Assert.That(HyperLogLog.TryMakeDense(value, new byte[HyperLogLog.DenseBytes]), Is.False);
        var room = new byte[runs.Length + SparseRegisters.GrowthMax];
        runs.CopyTo(room, 0);
        Assert.That(new SparseRegisters(room, runs.Length).Raise(HyperLogLog.Registers - 1, 9, 100, out var mustBeDense), Is.Null.Or.True);
        Assert.That(mustBeDense, Is.False);
    }

    [Test]
    public void Any_bytes_are_read_without_harm()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var runs = new byte[random.Next(40)];
            random.NextBytes(runs);
            byte[] value = [.. HyperLogLog.Empty[..HyperLogLog.HeaderBytes], .. runs];
            HyperLogLog.TryEstimate(value, out _);
            HyperLogLog.TryMerge(value, new byte[HyperLogLog.Registers]);
            var room = new byte[runs.Length + SparseRegisters.GrowthMax];
            runs.CopyTo(room, 0);
            new SparseRegisters(room, runs.Length).Raise(random.Next(HyperLogLog.Registers), (byte)random.Next(1, 64), 50, out _);
            SparseRegisters.Describe(runs, new StringBuilder());
        }
    }

    [TestCase(10), TestCase(1000), TestCase(30_000), TestCase(1_000_000)]
    public void Estimates_are_near_the_truth_and_repetitions_change_nothing(int elements)
    {
        var dense = new byte[HyperLogLog.DenseBytes];
        HyperLogLog.TryMakeDense(HyperLogLog.Empty, dense);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < elements; i++)
            {
                var register = HyperLogLog.RegisterOf(Element(i), out var count);
                var registers = dense.AsSpan(HyperLogLog.HeaderBytes);
                if (DenseRegisters.Get(registers, register) < count) DenseRegisters.Set(registers, register, count);
            }
            Assert.That(HyperLogLog.TryEstimate(dense, out var cardinality));
            Assert.That(cardinality, Is.EqualTo(elements).Within(2).Percent);
        }
    }
}
