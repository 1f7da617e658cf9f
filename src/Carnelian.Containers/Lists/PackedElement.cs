using System.Buffers.Text;

namespace Carnelian;

/// <summary>An element of a packed list: an integer, or bytes that live as long as the packed list is not changed.</summary>
public readonly ref struct PackedElement
{
    public const int IntegerTextMax = 20;

    private readonly ReadOnlySpan<byte> _text;

    private PackedElement(ReadOnlySpan<byte> text, long integer, bool isInteger)
    {
        _text = text;
        Integer = integer;
        IsInteger = isInteger;
    }

    public static PackedElement OfText(ReadOnlySpan<byte> text) => new(text, 0, false);

    public static PackedElement OfInteger(long integer) => new(default, integer, true);

    /// <summary>The form in which a text is kept: as an integer if it is the canonical text of one.</summary>
    public static PackedElement Of(ReadOnlySpan<byte> text) => IsCanonicalInteger(text, out var integer) ? OfInteger(integer) : OfText(text);

    public bool IsInteger { get; }

    public long Integer { get; }

    /// <summary>The bytes, those of an integer written into <paramref name="scratch"/> (<see cref="IntegerTextMax"/> bytes).</summary>
    public ReadOnlySpan<byte> Text(Span<byte> scratch)
    {
        if (!IsInteger) return _text;
        Check.That(Utf8Formatter.TryFormat(Integer, scratch, out var length));
        return scratch[..length];
    }

    internal ReadOnlySpan<byte> Bytes => _text;

    /// <summary>Whether two elements, both in the form in which they are kept, are the same.</summary>
    public bool Is(scoped PackedElement other) =>
        IsInteger ? other.IsInteger && Integer == other.Integer : !other.IsInteger && _text.SequenceEqual(other._text);

    internal static bool IsCanonicalInteger(ReadOnlySpan<byte> text, out long integer)
    {
        integer = 0;
        if (text.Length is 0 or > IntegerTextMax) return false;
        var digits = text[0] == (byte)'-' ? text[1..] : text;
        if (digits.IsEmpty || digits[0] is < (byte)'0' or > (byte)'9') return false;
        if (digits[0] == (byte)'0' && text.Length > 1) return false;
        return Utf8Parser.TryParse(text, out integer, out var used) && used == text.Length;
    }
}

/// <summary>Finds the elements that are equal to a text, whichever way they are kept.</summary>
public readonly ref struct ElementMatcher
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly long _integer;
    private readonly bool _isInteger;

    public ElementMatcher(ReadOnlySpan<byte> text)
    {
        _text = text;
        _isInteger = PackedElement.IsCanonicalInteger(text, out _integer);
    }

    public bool Matches(in PackedElement element) =>
        element.IsInteger ? _isInteger && element.Integer == _integer : element.Bytes.SequenceEqual(_text);
}
