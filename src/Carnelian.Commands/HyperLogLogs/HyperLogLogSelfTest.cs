namespace Carnelian;

/// <summary>What PFSELFTEST looks at: that each register keeps what it is given, and that estimates stray no further than the theory says.</summary>
internal static class HyperLogLogSelfTest
{
    private const int Rounds = 1000, ElementsMax = 10_000_000;

    /// <summary>The standard error of 16384 registers, six times.</summary>
    private const double ErrorMax = 6 * 1.04 / 128;

    /// <returns>What is wrong, or null.</returns>
    public static string? Run(Randomness randomness, long sparseMax) => TestRegisters(randomness) ?? TestEstimates(randomness, sparseMax);

    private static string? TestRegisters(Randomness randomness)
    {
        var packed = new byte[DenseRegisters.Bytes];
        var expected = new byte[HyperLogLog.Registers];
        for (var round = 0; round < Rounds; round++)
        {
            randomness.Fill(expected);
            for (var i = 0; i < expected.Length; i++) DenseRegisters.Set(packed, i, expected[i] &= HyperLogLog.RegisterMax);
            for (var i = 0; i < expected.Length; i++)
            {
                var found = DenseRegisters.Get(packed, i);
                if (found != expected[i]) return $"Register {i} should be {expected[i]} but is {found}";
            }
        }
        return null;
    }

    private static string? TestEstimates(Randomness randomness, long sparseMax)
    {
        var dense = new byte[HyperLogLog.DenseBytes];
        var room = new byte[Math.Min(sparseMax, HyperLogLog.DenseBytes) + HyperLogLog.Empty.Length + SparseRegisters.GrowthMax];
        HyperLogLog.Empty.CopyTo(room);
        var length = HyperLogLog.Empty.Length;
        HyperLogLog.TryMakeDense(room.AsSpan(0, length), dense);
        var isSparse = true;
        var seed = randomness.Next();
        Span<byte> element = stackalloc byte[sizeof(ulong)];
        var checkpoint = 1;
        for (var i = 1; i <= ElementsMax; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(element, (ulong)i ^ seed);
            var register = HyperLogLog.RegisterOf(element, out var count);
            var registers = dense.AsSpan(HyperLogLog.HeaderBytes);
            if (DenseRegisters.Get(registers, register) < count) DenseRegisters.Set(registers, register, count);
            if (isSparse)
            {
                var sparse = new SparseRegisters(room.AsSpan(HyperLogLog.HeaderBytes), length - HyperLogLog.HeaderBytes);
                isSparse = sparse.Raise(register, count, room.Length - HyperLogLog.HeaderBytes - SparseRegisters.GrowthMax, out _) is not null;
                length = HyperLogLog.HeaderBytes + sparse.Length;
            }
            if (i != checkpoint) continue;
            checkpoint *= 10;
            if (!isSparse && i < sparseMax / 2) return "sparse encoding not used";
            HyperLogLog.TryEstimate(dense, out var estimate);
            if (isSparse && (!HyperLogLog.TryEstimate(room.AsSpan(0, length), out var other) || other != estimate)) return "dense/sparse disagree";
            // Of ten elements two may well share a register.
            var error = Math.Abs(i - estimate);
            if (error > (i == 10 ? 1 : Math.Ceiling(i * ErrorMax))) return $"Too big error. card:{i} abserr:{error}";
        }
        return null;
    }
}
