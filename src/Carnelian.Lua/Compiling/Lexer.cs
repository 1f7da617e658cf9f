namespace Carnelian;

/// <summary>A text that is no Lua: the message has position and token.</summary>
internal sealed class LuaSyntaxException(byte[] message) : Exception
{
    public byte[] Text => message;
}

/// <summary>Turns source text into tokens, with one token of look-ahead where the parser asks for it.</summary>
internal sealed class Lexer
{
    private const int End = -1;

    private readonly byte[] _source;
    private readonly LuaString _chunkName;
    private readonly StringCache _strings;
    private int _next;
    private int _current;
    private Value _ahead;
    private bool _hasAhead;

    /// <summary>What was read of the current token.</summary>
    private byte[] _buffer = new byte[64];
    private int _length;

    private record struct Value(int Token, double Number, LuaString? Text);

    private Value _value;

    /// <summary>Counts what compiling takes.</summary>
    public LuaMachine Machine => _strings.Machine;

    public Lexer(byte[] source, LuaString chunkName, StringCache strings)
    {
        _source = source;
        _chunkName = chunkName;
        _strings = strings;
        Line = LastLine = 1;
        Advance();
    }

    public int Token => _value.Token;

    public double Number => _value.Number;

    public LuaString Text => _value.Text!;

    /// <summary>Where the lexer is.</summary>
    public int Line { get; private set; }

    /// <summary>Where the token ended that was used last.</summary>
    public int LastLine { get; private set; }

    public void Next()
    {
        LastLine = Line;
        if (_hasAhead) _value = _ahead;
        else _value.Token = Read(ref _value);
        _hasAhead = false;
    }

    public int LookAhead()
    {
        Check.That(!_hasAhead);
        _ahead.Token = Read(ref _ahead);
        _hasAhead = true;
        return _ahead.Token;
    }

    public LuaSyntaxException SyntaxError(string message) => Error(message, _value.Token);

    /// <param name="token">The token that it is near; 0 for none.</param>
    public LuaSyntaxException Error(string message, int token)
    {
        var text = new ByteBuffer(128);
        text.Add(ChunkName.Shorten(_chunkName.Span, ChunkName.SyntaxSizeMax).Span);
        text.Add($":{Line}: {message}");
        if (token == 0) return new(text.ToArray());
        text.Add(" near '"u8);
        if (token is Tokens.Name or Tokens.String or Tokens.Number)
        {
            // A string of C: it ends at a zero byte.
            var seen = _buffer.AsSpan(0, _length);
            var zero = seen.IndexOf((byte)0);
            text.Add(zero < 0 ? seen : seen[..zero]);
        }
        else if (token < Tokens.FirstReserved && !CType.IsControl(token)) text.Add((byte)token);
        else text.Add(Tokens.Text(token));
        text.Add("'"u8);
        return new(text.ToArray());
    }

    private void Advance() => _current = _next < _source.Length ? _source[_next++] : Finish();

    private int Finish()
    {
        _next = _source.Length + 1;
        return End;
    }

    private void Save(int value)
    {
        if (_length == _buffer.Length) Array.Resize(ref _buffer, _length * 2);
        _buffer[_length++] = (byte)value;
    }

    private void SaveAndAdvance()
    {
        Save(_current);
        Advance();
    }

    private bool IsNewLine => _current is '\n' or '\r';

    private void PassNewLine()
    {
        var first = _current;
        Advance();
        if (IsNewLine && _current != first) Advance();
        Line++;
    }

    private int Read(ref Value value)
    {
        _length = 0;
        while (true)
        {
            switch (_current)
            {
                case End: return Tokens.EndOfStream;
                case '\n' or '\r':
                    PassNewLine();
                    continue;
                case ' ' or '\t' or '\v' or '\f':
                    Advance();
                    continue;
                case '-':
                    Advance();
                    if (_current != '-') return '-';
                    Advance();
                    PassComment();
                    continue;
                case '[':
                    var level = ReadBrackets();
                    if (level >= 0)
                    {
                        ReadLongString(ref value, level, isComment: false);
                        return Tokens.String;
                    }
                    if (level == -1) return '[';
                    throw Error("invalid long string delimiter", Tokens.String);
                case '=': return OneOrTwo('=', Tokens.Equal);
                case '<': return OneOrTwo('<', Tokens.LessOrEqual);
                case '>': return OneOrTwo('>', Tokens.GreaterOrEqual);
                case '~': return OneOrTwo('~', Tokens.NotEqual);
                case '"' or '\'':
                    ReadString(ref value);
                    return Tokens.String;
                case '.': return ReadDots(ref value);
                default: return ReadOther(ref value);
            }
        }
    }

    private int OneOrTwo(int one, int two)
    {
        Advance();
        if (_current != '=') return one;
        Advance();
        return two;
    }

    private int ReadDots(ref Value value)
    {
        SaveAndAdvance();
        if (_current == '.')
        {
            SaveAndAdvance();
            if (_current != '.') return Tokens.Concat;
            SaveAndAdvance();
            return Tokens.Dots;
        }
        if (!CType.IsDigit(_current)) return '.';
        ReadNumber(ref value);
        return Tokens.Number;
    }

    private int ReadOther(ref Value value)
    {
        if (CType.IsDigit(_current))
        {
            ReadNumber(ref value);
            return Tokens.Number;
        }
        if (!CType.IsAlpha(_current) && _current != '_')
        {
            var single = _current;
            Advance();
            return single;
        }
        do SaveAndAdvance();
        while (CType.IsAlphaNumeric(_current) || _current == '_');
        var word = _buffer.AsSpan(0, _length);
        var reserved = Tokens.Reserved(word);
        if (reserved != 0) return reserved;
        value.Text = _strings.Get(word);
        return Tokens.Name;
    }

    private void PassComment()
    {
        if (_current == '[')
        {
            var level = ReadBrackets();
            _length = 0;
            if (level >= 0)
            {
                Value none = default;
                ReadLongString(ref none, level, isComment: true);
                _length = 0;
                return;
            }
        }
        while (!IsNewLine && _current != End) Advance();
    }

    /// <summary>Reads "[==" or "]==": the count of signs if the bracket follows again, else -1 less it.</summary>
    private int ReadBrackets()
    {
        var bracket = _current;
        SaveAndAdvance();
        var count = 0;
        for (; _current == '='; count++) SaveAndAdvance();
        return _current == bracket ? count : -count - 1;
    }

    private void ReadLongString(ref Value value, int level, bool isComment)
    {
        SaveAndAdvance();
        if (IsNewLine) PassNewLine();
        while (true)
        {
            switch (_current)
            {
                case End: throw Error(isComment ? "unfinished long comment" : "unfinished long string", Tokens.EndOfStream);
                case ']':
                    if (ReadBrackets() != level) break;
                    SaveAndAdvance();
                    if (!isComment) value.Text = _strings.Get(_buffer.AsSpan(2 + level, _length - 2 * (2 + level)));
                    return;
                case '\n' or '\r':
                    Save('\n');
                    PassNewLine();
                    if (isComment) _length = 0;
                    break;
                default:
                    if (isComment) Advance();
                    else SaveAndAdvance();
                    break;
            }
        }
    }

    private void ReadString(ref Value value)
    {
        var delimiter = _current;
        SaveAndAdvance();
        while (_current != delimiter)
        {
            switch (_current)
            {
                case End: throw Error("unfinished string", Tokens.EndOfStream);
                case '\n' or '\r': throw Error("unfinished string", Tokens.String);
                case '\\':
                    Advance();
                    ReadEscape();
                    break;
                default:
                    SaveAndAdvance();
                    break;
            }
        }
        SaveAndAdvance();
        value.Text = _strings.Get(_buffer.AsSpan(1, _length - 2));
    }

    private void ReadEscape()
    {
        var plain = _current switch { 'a' => 7, 'b' => 8, 'f' => 12, 'n' => 10, 'r' => 13, 't' => 9, 'v' => 11, _ => -1 };
        if (plain >= 0)
        {
            Save(plain);
            Advance();
        }
        else if (IsNewLine)
        {
            Save('\n');
            PassNewLine();
        }
        else if (CType.IsDigit(_current))
        {
            var code = 0;
            for (var i = 0; i < 3 && CType.IsDigit(_current); i++)
            {
                code = code * 10 + _current - '0';
                Advance();
            }
            if (code > byte.MaxValue) throw Error("escape sequence too large", Tokens.String);
            Save(code);
        }
        else if (_current != End) SaveAndAdvance();
    }

    private void ReadNumber(ref Value value)
    {
        do SaveAndAdvance();
        while (CType.IsDigit(_current) || _current == '.');
        if (_current is 'E' or 'e')
        {
            SaveAndAdvance();
            if (_current is '+' or '-') SaveAndAdvance();
        }
        while (CType.IsAlphaNumeric(_current) || _current == '_') SaveAndAdvance();
        if (!LuaNumber.TryParse(_buffer.AsSpan(0, _length), out var number)) throw Error("malformed number", Tokens.Number);
        value.Number = number;
    }
}
