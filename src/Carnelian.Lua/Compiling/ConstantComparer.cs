namespace Carnelian;

/// <summary>Looks constants up by hashes that nobody can know before: those of tables, and .NET's of numbers, are easily made equal for many.</summary>
internal sealed class ConstantComparer : IEqualityComparer<LuaString>, IEqualityComparer<double>
{
    public static readonly ConstantComparer Default = new();

    public bool Equals(LuaString? left, LuaString? right) => left?.Equals(right) ?? right is null;

    public int GetHashCode(LuaString text)
    {
        var hash = new HashCode();
        hash.AddBytes(text.Span);
        return hash.ToHashCode();
    }

    public bool Equals(double left, double right) => left.Equals(right);

    /// <summary>Both zeros are equal. In two halves, since .NET joins them to one before it mixes.</summary>
    public int GetHashCode(double number)
    {
        var bits = BitConverter.DoubleToUInt64Bits(number == 0 ? 0 : number);
        return HashCode.Combine((uint)bits, (uint)(bits >> 32));
    }
}
