using System.Buffers;
using System.Buffers.Text;

namespace Carnelian;

/// <summary>Reads JSON. Where it stops and what it says are lua-cjson's, whose text ends at a zero byte, and which takes what strtod takes for a number.</summary>
internal ref struct JsonReader(LuaCall call, JsonOptions options, ReadOnlySpan<byte> text, LuaUserData missing)
{
    private const int NestingMax = 4000;

    private static readonly SearchValues<byte> _stringEnds = SearchValues.Create([0, (byte)'"', (byte)'\\']);

    private enum Kind { ObjectBegin, ObjectEnd, ListBegin, ListEnd, String, Number, Boolean, Null, Colon, Comma, End, Error }

    private readonly LuaCall _call = call;
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;
    private int _depth;

    // The token that was read last.
    private Kind _kind;
    private int _start;
    private LuaValue _value;
    private string _error = "";

    /// <summary>A string with escapes.</summary>
    private byte[] _scratch = [];

    private readonly int Byte(int at) => (uint)at < (uint)_text.Length ? _text[at] : 0;

    public LuaValue ReadAll()
    {
        Next();
        var value = ReadValue();
        Next();
        if (_kind != Kind.End) throw Unexpected("the end");
        _call.Machine.Memory.Release(_scratch.Length);
        return value;
    }

    private LuaException Unexpected(string expected)
    {
        var found = _kind switch
        {
            Kind.ObjectBegin => "T_OBJ_BEGIN",
            Kind.ObjectEnd => "T_OBJ_END",
            Kind.ListBegin => "T_ARR_BEGIN",
            Kind.ListEnd => "T_ARR_END",
            Kind.String => "T_STRING",
            Kind.Number => "T_NUMBER",
            Kind.Boolean => "T_BOOLEAN",
            Kind.Null => "T_NULL",
            Kind.Colon => "T_COLON",
            Kind.Comma => "T_COMMA",
            Kind.End => "T_END",
            _ => _error,
        };
        return _call.Fail($"Expected {expected} but found {found} at character {_start + 1}");
    }

    // Values.

    /// <summary>A value that is kept, unless it is short.</summary>
    private LuaValue ReadValue()
    {
        switch (_kind)
        {
            case Kind.String:
                KeepText((LuaString)_value.Object!);
                return _value;
            case Kind.Number or Kind.Boolean: return _value;
            case Kind.Null: return missing;
            case Kind.ObjectBegin: return ReadObject();
            case Kind.ListBegin: return ReadList();
            default: throw Unexpected("value");
        }
    }

    private readonly void KeepText(LuaString text)
    {
        if (text.Length > StringCache.ShortMax) _call.Keep(text);
    }

    private void Descend(int slots)
    {
        _depth++;
        // PUC's stack has room for so many values.
        if (_depth <= options.DecodeDepthMax && _depth <= NestingMax && _call.HasRoom((long)_depth * slots)) return;
        throw _call.Fail($"Found too many nested data structures ({_depth}) at character {_at}");
    }

    private LuaValue ReadObject()
    {
        Descend(2);
        var table = _call.Machine.NewTable();
        _call.Keep(table);
        var kept = _call.KeptEnd;
        Next();
        if (_kind == Kind.ObjectEnd)
        {
            _depth--;
            return table;
        }
        while (true)
        {
            if (_kind != Kind.String) throw Unexpected("object key string");
            var key = (LuaString)_value.Object!;
            KeepText(key);
            Next();
            if (_kind != Kind.Colon) throw Unexpected("colon");
            Next();
            table.Set(key, ReadValue());
            _call.KeptEnd = kept;
            _call.Machine.Spend(1);
            Next();
            if (_kind == Kind.ObjectEnd)
            {
                _depth--;
                return table;
            }
            if (_kind != Kind.Comma) throw Unexpected("comma or object end");
            Next();
        }
    }

    private LuaValue ReadList()
    {
        Descend(2);
        var table = _call.Machine.NewTable();
        table.Metatable = options.ListMetatable;
        _call.Keep(table);
        var kept = _call.KeptEnd;
        Next();
        if (_kind == Kind.ListEnd)
        {
            _depth--;
            return table;
        }
        for (var i = 1;; i++)
        {
            table.SetInteger(i, ReadValue());
            _call.KeptEnd = kept;
            _call.Machine.Spend(1);
            Next();
            if (_kind == Kind.ListEnd)
            {
                _depth--;
                return table;
            }
            if (_kind != Kind.Comma) throw Unexpected("comma or array end");
            Next();
        }
    }

    // Tokens.

    private void Next()
    {
        while (Byte(_at) is ' ' or '\t' or '\n' or '\r' && _at < _text.Length) _at++;
        _start = _at;
        var letter = Byte(_at);
        switch (letter)
        {
            case '{': Single(Kind.ObjectBegin); return;
            case '}': Single(Kind.ObjectEnd); return;
            case '[': Single(Kind.ListBegin); return;
            case ']': Single(Kind.ListEnd); return;
            case ',': Single(Kind.Comma); return;
            case ':': Single(Kind.Colon); return;
            case 0:
                _kind = Kind.End;
                return;
            case '"':
                ReadString();
                return;
            case '-' or >= '0' and <= '9':
                if (!options.DecodesInvalid && IsInvalidNumber()) Fail("invalid number");
                else ReadNumber();
                return;
            case 't' or 'f' or 'n' or 'i' or 'I' or 'N' or '+':
                ReadWord();
                return;
            default:
                Fail("invalid token");
                return;
        }
    }

    private void Single(Kind kind)
    {
        _kind = kind;
        _at++;
    }

    private void Fail(string error)
    {
        _kind = Kind.Error;
        _error = error;
        _start = _at;
    }

    private void ReadWord()
    {
        var rest = _text[_at..];
        if (rest.StartsWith("true"u8)) Word(Kind.Boolean, true, 4);
        else if (rest.StartsWith("false"u8)) Word(Kind.Boolean, false, 5);
        else if (rest.StartsWith("null"u8)) Word(Kind.Null, default, 4);
        else if (options.DecodesInvalid && IsInvalidNumber()) ReadNumber();
        else Fail("invalid token");
    }

    private void Word(Kind kind, LuaValue value, int length)
    {
        _kind = kind;
        _value = value;
        _at += length;
    }

    /// <summary>What strtod takes and JSON does not have: signs, zeros in front, hexadecimal, infinities.</summary>
    private readonly bool IsInvalidNumber()
    {
        var at = _at;
        if (Byte(at) == '+') return true;
        if (Byte(at) == '-') at++;
        if (Byte(at) == '0') return (Byte(at + 1) | 0x20) == 'x' || CType.IsDigit(Byte(at + 1));
        if (Byte(at) <= '9') return false;
        return StartsWithIgnoringCase(at, "inf"u8) || StartsWithIgnoringCase(at, "nan"u8);
    }

    private readonly bool StartsWithIgnoringCase(int at, ReadOnlySpan<byte> word) =>
        at + word.Length <= _text.Length && System.Text.Ascii.EqualsIgnoreCase(_text.Slice(at, word.Length), word);

    private void ReadNumber()
    {
        var length = NumberLength(out var number);
        if (length == 0)
        {
            Fail("invalid number");
            return;
        }
        _kind = Kind.Number;
        _value = number;
        _at += length;
    }

    /// <summary>The longest beginning that is a number, as strtod finds it.</summary>
    private readonly int NumberLength(out double number)
    {
        var rest = _text[_at..];
        var at = !rest.IsEmpty && rest[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        var digits = Digits(rest, at);
        // Up to 15 digits alone are the usual case.
        if (digits is > 0 and <= 15 && !IsNumberLetter(rest, at + digits))
        {
            long value = 0;
            for (var i = at; i < at + digits; i++) value = value * 10 + rest[i] - '0';
            number = at == 1 && rest[0] == '-' ? -(double)value : value;
            return at + digits;
        }
        var length = LongLength(rest, at, digits);
        if (length == 0 || !LuaNumber.TryParse(rest[..length], out number))
        {
            number = 0;
            return 0;
        }
        return length;
    }

    private static bool IsNumberLetter(ReadOnlySpan<byte> text, int at) => at < text.Length && (text[at] == '.' || (text[at] | 0x20) is 'e' or 'x');

    private static int Digits(ReadOnlySpan<byte> text, int at)
    {
        var count = text[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return count < 0 ? text.Length - at : count;
    }

    private static int LongLength(ReadOnlySpan<byte> text, int at, int digits)
    {
        if (digits == 1 && text[at] == '0' && at + 1 < text.Length && (text[at + 1] | 0x20) == 'x' && HexLength(text, at + 2) is > 0 and var hex) return at + 2 + hex;
        var isWord = digits == 0 && at < text.Length && text[at] != '.';
        if (isWord) return WordLength(text, at);
        var end = at + digits;
        if (end < text.Length && text[end] == '.')
        {
            var fraction = Digits(text, end + 1);
            if (digits + fraction == 0) return 0;
            end += 1 + fraction;
        }
        return end + ExponentLength(text, end, 'e');
    }

    private static int ExponentLength(ReadOnlySpan<byte> text, int at, char mark)
    {
        if (at >= text.Length || (text[at] | 0x20) != mark) return 0;
        var first = at + 1 < text.Length && text[at + 1] is (byte)'-' or (byte)'+' ? at + 2 : at + 1;
        if (first > text.Length) return 0;
        var digits = Digits(text, first);
        return digits == 0 ? 0 : first + digits - at;
    }

    private static int HexLength(ReadOnlySpan<byte> text, int at)
    {
        var end = at;
        var digits = 0;
        var hasPoint = false;
        for (; end < text.Length; end++)
        {
            if (text[end] == '.' && !hasPoint) hasPoint = true;
            else if (CType.IsHexDigit(text[end])) digits++;
            else break;
        }
        return digits == 0 ? 0 : end - at + ExponentLength(text, end, 'p');
    }

    private static int WordLength(ReadOnlySpan<byte> text, int at)
    {
        var rest = text[at..];
        foreach (var word in (string[])["infinity", "inf", "nan"])
            if (rest.Length >= word.Length && System.Text.Ascii.EqualsIgnoreCase(rest[..word.Length], word)) return at + word.Length + (word == "nan" ? ParenthesisLength(rest[3..]) : 0);
        return 0;
    }

    /// <summary>Of letters and digits in parentheses, which may stand behind a nan.</summary>
    private static int ParenthesisLength(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("("u8)) return 0;
        var end = 1;
        while (end < text.Length && (CType.IsAlphaNumeric(text[end]) || text[end] == '_')) end++;
        return end < text.Length && text[end] == ')' ? end + 1 : 0;
    }

    // Strings.

    private void ReadString()
    {
        _at++;
        var rest = _text[_at..];
        var length = rest.IndexOfAny(_stringEnds);
        if (length >= 0 && rest[length] == '"')
        {
            _kind = Kind.String;
            _value = _call.Machine.String(rest[..length]);
            _at += length + 1;
            return;
        }
        ReadEscapedString();
    }

    private void ReadEscapedString()
    {
        // What is decoded is never longer than its text.
        if (_scratch.Length == 0)
        {
            _call.Machine.Memory.Hold(_text.Length);
            _scratch = new byte[_text.Length];
        }
        var length = 0;
        while (true)
        {
            var letter = Byte(_at);
            if (letter == '"') break;
            if (letter == 0)
            {
                Fail("unexpected end of string");
                return;
            }
            if (letter != '\\')
            {
                _scratch[length++] = (byte)letter;
                _at++;
                continue;
            }
            var escaped = Byte(_at + 1);
            if (escaped == 'u')
            {
                if (TryReadUnicode(ref length)) continue;
                Fail("invalid unicode escape code");
                return;
            }
            var plain = escaped switch { '"' or '\\' or '/' => escaped, 'b' => '\b', 't' => '\t', 'n' => '\n', 'f' => '\f', 'r' => '\r', _ => 0 };
            if (plain == 0)
            {
                Fail("invalid escape code");
                return;
            }
            _scratch[length++] = (byte)plain;
            _at += 2;
        }
        _at++;
        _kind = Kind.String;
        _value = _call.Machine.String(_scratch.AsSpan(0, length));
    }

    private readonly int HexDigits(int at)
    {
        if (at + 4 > _text.Length || !Utf8Parser.TryParse(_text.Slice(at, 4), out uint value, out var used, 'x') || used != 4) return -1;
        return (int)value;
    }

    private bool TryReadUnicode(ref int length)
    {
        var code = HexDigits(_at + 2);
        if (code < 0) return false;
        var used = 6;
        if ((code & 0xF800) == 0xD800)
        {
            // A pair: high first, low second.
            if ((code & 0x400) != 0 || Byte(_at + 6) != '\\' || Byte(_at + 7) != 'u') return false;
            var low = HexDigits(_at + 8);
            if (low < 0 || (low & 0xFC00) != 0xDC00) return false;
            code = (((code & 0x3FF) << 10) | (low & 0x3FF)) + 0x10000;
            used = 12;
        }
        length += new System.Text.Rune(code).EncodeToUtf8(_scratch.AsSpan(length));
        _at += used;
        return true;
    }
}
