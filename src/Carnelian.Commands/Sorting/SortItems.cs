using System.Globalization;

namespace Carnelian;

/// <summary>Copies of elements, and what they are sorted by. Texts lie behind each other in a few large arrays.</summary>
internal sealed class SortItems
{
    private const int ChunkBytes = 1 << 20;

    private readonly List<Item> _items = [];
    private readonly List<byte[]> _chunks = [];
    private int _used;

    private readonly record struct Text(int Chunk, int Start, int Length);

    private struct Item
    {
        public Text Element;

        /// <summary>What a pattern found; only where texts are compared.</summary>
        public Text? Key;
        public double Score;

        /// <summary>Equal ones stay in their order.</summary>
        public int Number;
    }

    private byte[] _room = [];

    public int Count => _items.Count;

    /// <summary>Room for the text of an integer.</summary>
    public byte[] Digits { get; } = new byte[PackedElement.IntegerTextMax];

    /// <summary>Room for a name, until there is a longer one.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_room.Length < bytes) _room = new byte[bytes * 2];
        return _room.AsSpan(0, bytes);
    }

    public void Add(ReadOnlySpan<byte> element) => _items.Add(new() { Element = Copy(element), Number = _items.Count });

    public ReadOnlySpan<byte> TextOf(int i) => SpanOf(_items[i].Element);

    public void SetKey(int i, ReadOnlySpan<byte> key) => _items[i] = _items[i] with { Key = Copy(key) };

    /// <summary>Reads a C string: it ends at a NUL, and nothing is 0. False if it is no number.</summary>
    public bool TrySetScore(int i, ReadOnlySpan<byte> number)
    {
        number = ByteText.UpToNul(number);
        var score = 0.0;
        if (!number.IsEmpty && (!double.TryParse(number, Styles, CultureInfo.InvariantCulture, out score) || double.IsNaN(score)) && !TryInfinity(number, out score)) return false;
        _items[i] = _items[i] with { Score = score };
        return true;
    }

    private const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static bool TryInfinity(ReadOnlySpan<byte> text, out double value)
    {
        var isNegative = text[0] == '-';
        value = isNegative ? double.NegativeInfinity : double.PositiveInfinity;
        if (isNegative || text[0] == '+') text = text[1..];
        return System.Text.Ascii.EqualsIgnoreCase(text, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(text, "infinity"u8);
    }

    /// <param name="byText">Texts are compared, else numbers, and the elements where those are equal.</param>
    /// <param name="byKey">The texts are what a pattern found; elements for which it found nothing come first.</param>
    public void Sort(bool byText, bool byKey, bool descending)
    {
        Comparison<Item> compare = !byText ? CompareScores : byKey ? CompareKeys : CompareElements;
        _items.Sort((a, b) =>
        {
            var order = compare(a, b);
            return order == 0 ? a.Number.CompareTo(b.Number) : descending ? -order : order;
        });
    }

    private int CompareScores(Item a, Item b)
    {
        var order = a.Score.CompareTo(b.Score);
        return order != 0 ? order : CompareElements(a, b);
    }

    private int CompareElements(Item a, Item b) => SpanOf(a.Element).SequenceCompareTo(SpanOf(b.Element));

    private int CompareKeys(Item a, Item b) =>
        a.Key is { } first && b.Key is { } second ? SpanOf(first).SequenceCompareTo(SpanOf(second)) : (a.Key is null ? 0 : 1) - (b.Key is null ? 0 : 1);

    private Text Copy(ReadOnlySpan<byte> text)
    {
        if (_chunks.Count == 0 || _chunks[^1].Length - _used < text.Length)
        {
            _chunks.Add(new byte[Math.Max(text.Length, _chunks.Count == 0 ? 4096 : ChunkBytes)]);
            _used = 0;
        }
        text.CopyTo(_chunks[^1].AsSpan(_used));
        var copy = new Text(_chunks.Count - 1, _used, text.Length);
        _used += text.Length;
        return copy;
    }

    private ReadOnlySpan<byte> SpanOf(Text text) => _chunks[text.Chunk].AsSpan(text.Start, text.Length);
}
