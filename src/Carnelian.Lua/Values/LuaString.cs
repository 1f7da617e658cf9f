using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>A byte string that does not change. Its hash is PUC's (all bytes, as Redis has it), so that tables are traversed in the order of Redis'.</summary>
public sealed class LuaString : LuaObject, IEquatable<LuaString>
{
    /// <summary>Object, array of bytes and their headers.</summary>
    internal const int OverheadBytes = 64;

    private readonly byte[] _bytes;
    private uint _hash;
    private bool _isHashed;

    internal LuaString(byte[] bytes) : base(LuaType.String) => _bytes = bytes;

    internal LuaString(byte[] bytes, uint hash) : this(bytes)
    {
        _hash = hash;
        _isHashed = true;
    }

    /// <summary>A string that belongs to no machine and is not counted: constants and names of the host.</summary>
    public static LuaString Of(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    public static LuaString Of(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    public int Length => _bytes.Length;

    public ReadOnlySpan<byte> Span => _bytes;

    public ReadOnlyMemory<byte> Memory => _bytes;

    internal uint Hash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _isHashed ? _hash : ComputeHash();
    }

    private uint ComputeHash()
    {
        _hash = HashOf(_bytes);
        _isHashed = true;
        return _hash;
    }

    internal static uint HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = (uint)bytes.Length;
        for (var i = bytes.Length - 1; i >= 0; i--) hash ^= (hash << 5) + (hash >> 2) + bytes[i];
        return hash;
    }

    public bool Equals(LuaString? other) => ReferenceEquals(this, other) || (other is not null && _bytes.AsSpan().SequenceEqual(other._bytes));

    public bool Equals(ReadOnlySpan<byte> bytes) => _bytes.AsSpan().SequenceEqual(bytes);

    public override bool Equals(object? other) => Equals(other as LuaString);

    public override int GetHashCode() => (int)Hash;

    /// <summary>By bytes, as strcoll in the C locale; a shorter one is smaller.</summary>
    internal static int Compare(LuaString left, LuaString right) => left._bytes.AsSpan().SequenceCompareTo(right._bytes);

    public override string ToString() => System.Text.Encoding.Latin1.GetString(_bytes);
}
