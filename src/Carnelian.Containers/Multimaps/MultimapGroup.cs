using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The links of one key.
/// <code>| hash 8 | first link 8 | last link 8 | links 4 | number 4 | key length 4 | mark 1 | spare 3 | key … |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct GroupBlock
{
    public const int HeaderBytes = 40;

    public ulong Hash;
    public LinkBlock* First;
    public LinkBlock* Last;
    public int Count;
    public int Number;
    public int KeyLength;
    public byte Mark;

    public static nint Bytes(int keyLength) => HeaderBytes + (nint)keyLength;

    public static Span<byte> KeyOf(GroupBlock* group) => new((byte*)group + HeaderBytes, group->KeyLength);
}

/// <summary>Tables of groups.</summary>
internal readonly struct GroupLayout : IEntryLayout
{
    public static unsafe ReadOnlySpan<byte> KeyOf(byte* entry) => GroupBlock.KeyOf((GroupBlock*)entry);

    public static unsafe long DueOf(byte* entry) => DueTimes.Never;
}

/// <summary>A key that some hold, and who: its links in the order in which they came. Ends when the last of them goes.</summary>
public readonly unsafe struct MultimapGroup
{
    internal readonly GroupBlock* Block;

    internal MultimapGroup(GroupBlock* block) => Block = block;

    public bool Exists => Block != null;

    public int Number => Block->Number;

    /// <summary>Lives until the end of the call in which the group goes.</summary>
    public ReadOnlySpan<byte> Key => GroupBlock.KeyOf(Block);

    public ulong Hash => Block->Hash;

    /// <summary>Links.</summary>
    public int Count => Block->Count;

    /// <summary>
    /// Who came first. Links go on by <see cref="MultimapLink.Next"/>; whoever removes the present one asks it for the next before. Links that come
    /// meanwhile stand behind all others.
    /// </summary>
    public MultimapLink First => new(Block->First);

    /// <summary>A mark whose meaning is the user's, such as that the key is queued as ready; 0 at first.</summary>
    public byte Mark
    {
        get => Block->Mark;
        set => Block->Mark = value;
    }
}

/// <summary>Groups found.</summary>
public sealed class GroupList : FoundList
{
    public unsafe MultimapGroup this[int i] => new((GroupBlock*)At(i));
}
