namespace Carnelian;

/// <summary>
/// Few digits that read back as the same double: Grisu2 (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers", 2010), which finds the
/// fewest nearly always. Redis' fpconv_dtoa.c is that too, and where it writes one digit more than is needed, so does this.
/// </summary>
internal static class ShortDigits
{
    public const int CountMax = 18;

    /// <summary>A number is the significand times two to the power of the exponent.</summary>
    private readonly record struct Scaled(ulong Significand, int Exponent)
    {
        /// <summary>With the first bit set.</summary>
        public Scaled Normalize()
        {
            var shift = System.Numerics.BitOperations.LeadingZeroCount(Significand);
            return new(Significand << shift, Exponent - shift);
        }

        /// <summary>The upper half of the product, rounded.</summary>
        public Scaled Times(Scaled other)
        {
            var high = Math.BigMul(Significand, other.Significand, out var low);
            return new(high + (low >> 63), Exponent + other.Exponent + 64);
        }
    }

    private const int FractionBits = 52, Bias = 1023 + FractionBits;

    private const ulong HiddenBit = 1UL << FractionBits;

    /// <summary>A product has so large an exponent that its part before the point has up to 32 bits.</summary>
    private const int ExponentMin = -60, ExponentMax = -32;

    internal const int PowerMin = -348, PowerStep = 8;

    /// <summary>Ten to the power of -348, -340 … 340, with the first bit set, rounded to 64 bits.</summary>
    internal static ReadOnlySpan<ulong> Powers =>
    [
        0xFA8FD5A0081C0288, 0xBAAEE17FA23EBF76, 0x8B16FB203055AC76, 0xCF42894A5DCE35EA, 0x9A6BB0AA55653B2D, 0xE61ACF033D1A45DF, 0xAB70FE17C79AC6CA,
        0xFF77B1FCBEBCDC4F, 0xBE5691EF416BD60C, 0x8DD01FAD907FFC3C, 0xD3515C2831559A83, 0x9D71AC8FADA6C9B5, 0xEA9C227723EE8BCB, 0xAECC49914078536D,
        0x823C12795DB6CE57, 0xC21094364DFB5637, 0x9096EA6F3848984F, 0xD77485CB25823AC7, 0xA086CFCD97BF97F4, 0xEF340A98172AACE5, 0xB23867FB2A35B28E,
        0x84C8D4DFD2C63F3B, 0xC5DD44271AD3CDBA, 0x936B9FCEBB25C996, 0xDBAC6C247D62A584, 0xA3AB66580D5FDAF6, 0xF3E2F893DEC3F126, 0xB5B5ADA8AAFF80B8,
        0x87625F056C7C4A8B, 0xC9BCFF6034C13053, 0x964E858C91BA2655, 0xDFF9772470297EBD, 0xA6DFBD9FB8E5B88F, 0xF8A95FCF88747D94, 0xB94470938FA89BCF,
        0x8A08F0F8BF0F156B, 0xCDB02555653131B6, 0x993FE2C6D07B7FAC, 0xE45C10C42A2B3B06, 0xAA242499697392D3, 0xFD87B5F28300CA0E, 0xBCE5086492111AEB,
        0x8CBCCC096F5088CC, 0xD1B71758E219652C, 0x9C40000000000000, 0xE8D4A51000000000, 0xAD78EBC5AC620000, 0x813F3978F8940984, 0xC097CE7BC90715B3,
        0x8F7E32CE7BEA5C70, 0xD5D238A4ABE98068, 0x9F4F2726179A2245, 0xED63A231D4C4FB27, 0xB0DE65388CC8ADA8, 0x83C7088E1AAB65DB, 0xC45D1DF942711D9A,
        0x924D692CA61BE758, 0xDA01EE641A708DEA, 0xA26DA3999AEF774A, 0xF209787BB47D6B85, 0xB454E4A179DD1877, 0x865B86925B9BC5C2, 0xC83553C5C8965D3D,
        0x952AB45CFA97A0B3, 0xDE469FBD99A05FE3, 0xA59BC234DB398C25, 0xF6C69A72A3989F5C, 0xB7DCBF5354E9BECE, 0x88FCF317F22241E2, 0xCC20CE9BD35C78A5,
        0x98165AF37B2153DF, 0xE2A0B5DC971F303A, 0xA8D9D1535CE3B396, 0xFB9B7CD9A4A7443C, 0xBB764C4CA7A44410, 0x8BAB8EEFB6409C1A, 0xD01FEF10A657842C,
        0x9B10A4E5E9913129, 0xE7109BFBA19C0C9D, 0xAC2820D9623BF429, 0x80444B5E7AA7CF85, 0xBF21E44003ACDD2D, 0x8E679C2F5E44FF8F, 0xD433179D9C8CB841,
        0x9E19DB92B4E31BA9, 0xEB96BF6EBADF77D9, 0xAF87023B9BF0EE6B,
    ];

    /// <summary>The exponent of two that belongs to a power of ten: 217706 / 2^16 is log2 10.</summary>
    internal static int ExponentOf(int power) => (power * 217706 >> 16) - 63;

    /// <summary>Writes the digits of a positive, finite number, up to <see cref="CountMax"/>, and answers how many.</summary>
    /// <param name="exponent">The power of ten of the first one.</param>
    public static int Write(double value, Span<byte> digits, out int exponent)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var fraction = bits & (HiddenBit - 1);
        var biased = (int)(bits >> FractionBits);
        var number = biased == 0 ? new Scaled(fraction, 1 - Bias) : new(fraction | HiddenBit, biased - Bias);

        // Half way to the neighbours; where the exponent changes the lower one is nearer.
        var upper = new Scaled((number.Significand << 1) + 1, number.Exponent - 1).Normalize();
        var nearer = number.Significand == HiddenBit ? 2 : 1;
        var lower = (number.Significand << nearer) - 1 << number.Exponent - nearer - upper.Exponent;

        var power = PowerFor(upper.Exponent, out var scale);
        upper = upper.Times(power);
        number = number.Normalize().Times(power);
        lower = new Scaled(lower, 0).Times(power).Significand;
        // What rounding may have done is left out at both ends.
        var count = Generate(upper.Significand - 1, lower + 1, number.Significand, -upper.Exponent, digits, ref scale);
        exponent = scale + count - 1;
        return count;
    }

    /// <summary>The power of ten that brings an exponent between <see cref="ExponentMin"/> and <see cref="ExponentMax"/>.</summary>
    private static Scaled PowerFor(int exponent, out int scale)
    {
        var index = ((int)(-(exponent + Powers.Length) * 0.30102999566398114) - PowerMin) / PowerStep;
        while (exponent + ExponentOf(PowerMin + index * PowerStep) + 64 < ExponentMin) index++;
        while (exponent + ExponentOf(PowerMin + index * PowerStep) + 64 > ExponentMax) index--;
        scale = -(PowerMin + index * PowerStep);
        return new(Powers[index], ExponentOf(-scale));
    }

    /// <summary>Writes digits of the upper end until what is left is within the bounds.</summary>
    /// <param name="point">So many bits are behind the point.</param>
    /// <param name="scale">The power of ten of the unit; in the end, of the last digit.</param>
    private static int Generate(ulong upper, ulong lower, ulong number, int point, Span<byte> digits, ref int scale)
    {
        var delta = upper - lower;
        var distance = upper - number;
        var whole = upper >> point;
        var fraction = upper & ((1UL << point) - 1);
        var count = 0;
        ulong unit = 1_000_000_000;
        for (var left = 9; left >= 0; left--, unit /= 10)
        {
            count = Put(whole / unit, digits, count);
            whole %= unit;
            var rest = (whole << point) + fraction;
            if (rest > delta) continue;
            scale += left;
            Round(ref digits[count - 1], delta, rest, unit << point, distance);
            return count;
        }
        while (true)
        {
            fraction *= 10;
            delta *= 10;
            distance *= 10;
            scale--;
            count = Put(fraction >> point, digits, count);
            fraction &= (1UL << point) - 1;
            if (fraction >= delta) continue;
            Round(ref digits[count - 1], delta, fraction, 1UL << point, distance);
            return count;
        }
    }

    /// <summary>Zeros in front are left out.</summary>
    private static int Put(ulong digit, Span<byte> digits, int count)
    {
        if (digit != 0 || count > 0) digits[count++] = (byte)('0' + digit);
        return count;
    }

    /// <summary>Lowers the last digit as long as that comes closer to the number.</summary>
    private static void Round(ref byte digit, ulong delta, ulong rest, ulong unit, ulong distance)
    {
        for (; rest < distance && delta - rest >= unit && (rest + unit < distance || distance - rest > rest + unit - distance); rest += unit) digit--;
    }
}
