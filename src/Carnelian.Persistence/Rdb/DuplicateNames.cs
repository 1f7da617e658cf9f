using System.Numerics;

namespace Carnelian;

/// <summary>Finds out whether names in a packed collection are all different. Few are compared in pairs, many by seeded hashes; where those are equal the names are looked at.</summary>
internal sealed class DuplicateNames
{
    private const int PairsFrom = 12, KeptMax = 1 << 16;

    private ulong[] _hashes = [];

    /// <param name="step">Each so many elements there is a name, the first one included.</param>
    public bool AreIn(scoped in CheckedElements elements, int step, TableHost host) =>
        elements.Count / step <= PairsFrom ? AreInFew(elements, step) : AreInMany(elements, step, host);

    private static bool AreInFew(scoped in CheckedElements elements, int step)
    {
        var names = elements.Walk();
        while (names.MoveNext())
        {
            var name = names.Current;
            if (!Skip(ref names, step - 1)) return false;
            for (var others = names; others.MoveNext();)
            {
                if (AreEqual(others.Current, name)) return true;
                if (!Skip(ref others, step - 1)) break;
            }
        }
        return false;
    }

    private bool AreInMany(scoped in CheckedElements elements, int step, TableHost host)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)(elements.Count / step) * 2);
        if (_hashes.Length < size) _hashes = new ulong[size];
        var slots = _hashes.AsSpan(0, size);
        slots.Clear();
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var isFound = false;
        for (var names = elements.Walk(); !isFound && names.MoveNext();)
        {
            // 0 is a slot that is free.
            var hash = Math.Max(1, host.Hash(names.Current.Text(digits)));
            var slot = (int)hash & size - 1;
            for (; slots[slot] != 0 && slots[slot] != hash; slot = slot + 1 & size - 1) { }
            isFound = slots[slot] != 0 && Count(elements, step, names.Current) > 1;
            slots[slot] = hash;
            if (!Skip(ref names, step - 1)) break;
        }
        if (size > KeptMax) _hashes = [];
        return isFound;
    }

    private static int Count(scoped in CheckedElements elements, int step, scoped PackedElement name)
    {
        var count = 0;
        for (var names = elements.Walk(); names.MoveNext();)
        {
            if (AreEqual(names.Current, name)) count++;
            if (!Skip(ref names, step - 1)) break;
        }
        return count;
    }

    private static bool AreEqual(scoped PackedElement one, scoped PackedElement other)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax], otherDigits = stackalloc byte[PackedElement.IntegerTextMax];
        return one.IsInteger && other.IsInteger ? one.Integer == other.Integer : one.Text(digits).SequenceEqual(other.Text(otherDigits));
    }

    private static bool Skip(ref ListElements elements, int count)
    {
        for (; count > 0; count--)
        {
            if (!elements.MoveNext()) return false;
        }
        return true;
    }
}
