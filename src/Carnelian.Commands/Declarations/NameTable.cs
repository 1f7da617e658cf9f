using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Finds commands by name in any case. A name is taken as two overlapping words, its first and its last 8 bytes (shorter names fill
/// one), so that up to 16 bytes are hashed and compared without a loop. Open addressing, at most a third full; every request passes here.
/// </summary>
internal sealed class NameTable
{
    private const ulong AllFold = 0x2020_2020_2020_2020;

    // Index + 1 into _entries: 2 KiB for the whole table instead of an entry of 48 bytes for each empty slot.
    private readonly ushort[] _slots;
    private readonly Entry[] _entries;
    private readonly int _shift;

    public NameTable(ReadOnlySpan<Command> commands)
    {
        var entries = new Entry[commands.Length];
        for (var i = 0; i < entries.Length; i++) entries[i] = new(commands[i].Name, commands[i]);
        (_slots, _shift) = Build(_entries = entries);
    }

    private NameTable(Entry[] entries) => (_slots, _shift) = Build(_entries = entries);

    /// <summary>A table in which a command is found under another name, <see cref="ByteText"/> of any length, or not at all when that is empty.</summary>
    public NameTable Renamed(Command command, string name)
    {
        var entries = new List<Entry>(_entries);
        entries.RemoveAll(entry => entry.Command == command);
        if (name.Length > 0) entries.Add(new(name, command));
        return new(entries.ToArray());
    }

    public Command? Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty) return null;
        var (head, tail) = Words(name);
        var mask = _slots.Length - 1;
        for (var i = Slot(head, tail, _shift); ; i = (i + 1) & mask)
        {
            int index = _slots[i];
            if (index == 0) return null;
            ref readonly var entry = ref _entries[index - 1];
            if ((head | entry.HeadFold) == entry.Head && (tail | entry.TailFold) == entry.Tail && entry.Name.Length == name.Length
                && (name.Length <= 16 || entry.MiddleEquals(name)))
                return entry.Command;
        }
    }

    private static (ushort[] Slots, int Shift) Build(Entry[] entries)
    {
        var slots = new ushort[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(entries.Length, 1) * 3)];
        var shift = 64 - BitOperations.Log2((uint)slots.Length);
        for (var index = 0; index < entries.Length; index++)
        {
            var i = Slot(entries[index].Head, entries[index].Tail, shift);
            for (; slots[i] != 0; i = (i + 1) & (slots.Length - 1))
            {
                if (entries[slots[i] - 1].Name.AsSpan().SequenceEqual(entries[index].Name))
                    Check.Fail($"the command {entries[index].Command.FullName} is declared once");
            }
            slots[i] = (ushort)(index + 1);
        }
        return (slots, shift);
    }

    /// <summary>Letters of both cases meet in one slot; that other characters meet too is harmless.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(ulong head, ulong tail, int shift) =>
        (int)((((head | AllFold) + BitOperations.RotateLeft(tail | AllFold, 29)) * 0x9E37_79B9_7F4A_7C15) >> shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong Head, ulong Tail) Words(ReadOnlySpan<byte> name)
    {
        if (name.Length >= 8) return (BinaryPrimitives.ReadUInt64LittleEndian(name), BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]));
        if (name.Length >= 4)
            return (BinaryPrimitives.ReadUInt32LittleEndian(name) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(name[^4..]) << 32), 0);
        // 1 to 3 bytes: the first, the middle and the last.
        return (name[0] | ((ulong)name[name.Length >> 1] << 8) | ((ulong)name[^1] << 16), 0);
    }

    private readonly struct Entry
    {
        /// <summary>The name's words; a bit 0x20 in the fold for each letter, so that only letters match in both cases.</summary>
        public readonly ulong Head, Tail, HeadFold, TailFold;

        /// <summary>In lower case.</summary>
        public readonly byte[] Name;
        public readonly Command Command;

        public Entry(string name, Command command)
        {
            Name = ByteText.ToBytes(name);
            var folds = new byte[Name.Length];
            for (var i = 0; i < folds.Length; i++)
            {
                folds[i] = FoldOf(Name[i]);
                Name[i] |= folds[i];
            }
            (Head, Tail) = Words(Name);
            (HeadFold, TailFold) = Words(folds);
            Command = command;
        }

        public bool MiddleEquals(ReadOnlySpan<byte> name)
        {
            for (var i = 8; i < name.Length - 8; i++)
                if ((name[i] | FoldOf(name[i])) != Name[i])
                    return false;
            return true;
        }

        private static byte FoldOf(byte character) => char.IsAsciiLetter((char)character) ? (byte)0x20 : (byte)0;
    }
}
