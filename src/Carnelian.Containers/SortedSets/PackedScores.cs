using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A view of a small sorted set packed into one list (<see cref="PackedList"/>), with the elements that Redis has for it. It and its members end when the set changes. Works on trusted
/// memory.
/// <code>| member | score | … |, by score, then by member; scores that are integers are kept as such, others as their shortest text</code>
/// </summary>
public readonly ref struct PackedScores
{
    /// <summary>Bytes that an element and its score take at most beyond the element's text.</summary>
    public const int OverheadMax = 2 * PackedWriter.OverheadMax + DoubleText.LengthMax;

    /// <summary>More cannot be counted.</summary>
    public const int CountMax = ListPack.CountMax / 2;

    private readonly PackedHash _pairs;

    public PackedScores(ReadOnlySpan<byte> bytes) => _pairs = new(bytes, expires: false);

    /// <summary>A set without members.</summary>
    public static PackedScores Empty => new(PackedHash.Empty);

    public ReadOnlySpan<byte> Bytes => _pairs.Bytes;

    public int Count => _pairs.Count;

    public static double ScoreOf(PackedElement score)
    {
        Check.That(TryScoreOf(score, out var value));
        return value;
    }

    /// <summary>False: an element that came from outside is no score.</summary>
    public static bool TryScoreOf(scoped PackedElement score, out double value)
    {
        value = score.Integer;
        return score.IsInteger || DoubleText.TryParse(score.Text(default), out value);
    }

    /// <summary>The member, whose value is its score, or none. Looks through all.</summary>
    public PackedField Find(scoped ReadOnlySpan<byte> member) => _pairs.Find(member);

    public PackedField At(int rank) => _pairs.At(rank);

    /// <summary>The member at a walk's place.</summary>
    public PackedElement MemberAt(int place) => ListPack.Read(ref Unsafe.Add(ref MemoryMarshal.GetReference(Bytes), place), out _);

    /// <summary>How many members come before one that was found.</summary>
    public int RankOf(scoped PackedField member)
    {
        var rank = 0;
        for (var other = _pairs.First; other.Offset < member.Offset; other = _pairs.Next(other)) rank++;
        return rank;
    }

    /// <summary>The members from a rank on, upwards or downwards.</summary>
    public PackedScoresWalk From(int rank, bool backward = false) => new(Bytes, rank, backward);

    // ---- changing

    /// <summary>Adds a member that is not there.</summary>
    public Splice Insert(scoped ReadOnlySpan<byte> member, double score, PackedWriter writer)
    {
        writer.Add(member);
        AddScore(ref writer, score);
        return new() { Offset = PlaceOf(member, score), Removed = 0, Inserted = writer.Bytes, CountChange = 2 };
    }

    /// <summary>Writes another score over the present one; the order must stay as it is.</summary>
    public Splice SetScore(scoped PackedField member, double score, PackedWriter writer)
    {
        AddScore(ref writer, score);
        return new() { Offset = member.ValueOffset, Removed = member.ValueEnd - member.ValueOffset, Inserted = writer.Bytes, CountChange = 0 };
    }

    public Splice Remove(scoped PackedField member) => PackedHashEdit.Delete(_pairs, member);

    public Splice Remove(int rank, int count) => new PackedList(Bytes).Remove(rank * 2, count * 2);

    /// <summary>Whether a member keeps its place with another score.</summary>
    public bool KeepsPlace(scoped PackedField member, scoped ReadOnlySpan<byte> text, double score)
    {
        var place = PlaceOf(text, score, member);
        return place == member.Offset || place == member.End;
    }

    /// <summary>Adds pairs at the end: what is written in its order needs no search.</summary>
    public static void Append(ref PackedWriter writer, scoped ReadOnlySpan<byte> member, double score)
    {
        writer.Add(member);
        AddScore(ref writer, score);
    }

    private static void AddScore(ref PackedWriter writer, double score)
    {
        if (DoubleText.IsInteger(score, out var integer))
        {
            writer.Add(PackedElement.OfInteger(integer));
            return;
        }
        Span<byte> text = stackalloc byte[DoubleText.LengthMax];
        writer.Add(text[..DoubleText.Format(score, text)]);
    }

    /// <summary>Before the first other member that comes behind one.</summary>
    private int PlaceOf(scoped ReadOnlySpan<byte> member, double score, scoped PackedField except = default)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        for (var other = _pairs.First; other.Exists; other = _pairs.Next(other))
        {
            if (other.Offset == except.Offset) continue;
            var otherScore = ScoreOf(other.Value);
            if (otherScore > score || otherScore == score && other.Name.Text(digits).SequenceCompareTo(member) > 0) return other.Offset;
        }
        return Bytes.Length;
    }
}

/// <summary>Goes through the members of a packed sorted set in their order.</summary>
public ref struct PackedScoresWalk
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _backward;

    /// <summary>Where the next pair begins; downwards, where it ends.</summary>
    private int _at;

    internal PackedScoresWalk(ReadOnlySpan<byte> bytes, int rank, bool backward)
    {
        _bytes = bytes;
        _backward = backward;
        _at = new PackedList(bytes).OffsetOf(backward ? 2 * rank + 2 : 2 * rank);
    }

    public PackedElement Member { get; private set; }

    public double Score { get; private set; }

    /// <summary>Where the member is.</summary>
    public int Place { get; private set; }

    public bool MoveNext()
    {
        ref var start = ref MemoryMarshal.GetReference(_bytes);
        if (_backward)
        {
            if (_at == PackedList.HeaderBytes) return false;
            _at -= ListPack.SizeBefore(ref Unsafe.Add(ref start, _at));
            _at -= ListPack.SizeBefore(ref Unsafe.Add(ref start, _at));
        }
        else if (_at == _bytes.Length) return false;
        Place = _at;
        Member = ListPack.Read(ref Unsafe.Add(ref start, _at), out var size);
        Score = PackedScores.ScoreOf(ListPack.Read(ref Unsafe.Add(ref start, _at + size), out var scoreSize));
        if (!_backward) _at += size + scoreSize;
        return true;
    }
}
