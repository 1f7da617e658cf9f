namespace Carnelian;

/// <summary>
/// Matches a string with a pattern, by backtracking, as PUC's lstrlib.c does. Strings of C end at a zero byte, so patterns do, too, and what stands behind the
/// subject is one. Each item that is tried takes stack of the host; how many may stand in a row is bounded.
/// </summary>
internal ref struct PatternMatcher
{
    public const int CapturesMax = 32;

    private const int LevelsMax = 1000;

    private const int Unfinished = -1, Place = -2, NoMatch = -1;

    private readonly LuaCall _call;
    private readonly ReadOnlySpan<byte> _source;
    private readonly ReadOnlySpan<byte> _pattern;
    private readonly Span<int> _starts, _lengths;
    private int _levels;

    /// <summary>Bytes looked at; the host is asked after so many.</summary>
    private int _looks;

    /// <param name="room">For the captures: two numbers each.</param>
    public PatternMatcher(LuaCall call, ReadOnlySpan<byte> source, ReadOnlySpan<byte> pattern, Span<int> room)
    {
        _call = call;
        _source = source;
        var zero = pattern.IndexOf((byte)0);
        _pattern = zero < 0 ? pattern : pattern[..zero];
        _starts = room[..CapturesMax];
        _lengths = room[CapturesMax..];
    }

    /// <summary>The byte that every match begins with; -1 if there is no such byte.</summary>
    private readonly int FirstByte(int pattern)
    {
        if (pattern >= _pattern.Length || "^$*+?.([%-)"u8.Contains(_pattern[pattern])) return -1;
        return At(pattern + 1) is '?' or '*' or '-' ? -1 : _pattern[pattern];
    }

    /// <summary>The first match at a place or behind it, or there alone; where it begins is told, and -1 answered if there is none.</summary>
    public int Find(ref int at, bool isAnchored)
    {
        if (isAnchored) return Match(at, 1);
        var first = FirstByte(0);
        for (; at <= _source.Length; at++)
        {
            if (first >= 0)
            {
                var distance = _source[at..].IndexOf((byte)first);
                if (distance < 0) return NoMatch;
                at += distance;
            }
            var end = Match(at, 0);
            if (end >= 0) return end;
        }
        return NoMatch;
    }

    /// <summary>How many captures the match has.</summary>
    public int CaptureCount { get; private set; }

    /// <summary>Where the match that begins at a place ends; -1 if there is none.</summary>
    private int Match(int at, int pattern)
    {
        CaptureCount = 0;
        _levels = 0;
        var end = Try(at, pattern);
        if (_looks > 256)
        {
            _call.Machine.Spend(_looks >> 3);
            _looks = 0;
        }
        return end;
    }

    private readonly int At(int pattern) => (uint)pattern < (uint)_pattern.Length ? _pattern[pattern] : 0;

    private readonly int Byte(int at) => (uint)at < (uint)_source.Length ? _source[at] : 0;

    private int Try(int s, int p)
    {
        if (++_levels > LevelsMax) throw _call.Fail("pattern too complex"u8);
        if (++_looks > 100_000)
        {
            _call.Machine.Spend(_looks >> 3);
            _looks = 0;
        }
        var end = TryItems(s, p);
        _levels--;
        return end;
    }

    private int TryItems(int s, int p)
    {
        while (true)
        {
            if ((uint)p >= (uint)_pattern.Length) return s;
            switch (_pattern[p])
            {
                case (byte)'(': return At(p + 1) == ')' ? StartCapture(s, p + 2, Place) : StartCapture(s, p + 1, Unfinished);
                case (byte)')': return EndCapture(s, p + 1);
                case (byte)'$' when p + 1 == _pattern.Length: return s == _source.Length ? s : NoMatch;
                case (byte)'%':
                    var next = At(p + 1);
                    if (next == 'b')
                    {
                        s = MatchBalance(s, p + 2);
                        if (s < 0) return NoMatch;
                        p += 4;
                        continue;
                    }
                    if (next == 'f')
                    {
                        p = MatchFrontier(s, p + 2);
                        if (p < 0) return NoMatch;
                        continue;
                    }
                    if (!CType.IsDigit(next)) break;
                    s = MatchCapture(s, next);
                    if (s < 0) return NoMatch;
                    p += 2;
                    continue;
            }
            var end = ClassEnd(p);
            switch (At(end))
            {
                case '?':
                    if (s < _source.Length && IsSingle(_source[s], p, end))
                    {
                        var result = Try(s + 1, end + 1);
                        if (result >= 0) return result;
                    }
                    p = end + 1;
                    continue;
                case '*': return MaxExpand(s, p, end);
                case '+': return s < _source.Length && IsSingle(_source[s], p, end) ? MaxExpand(s + 1, p, end) : NoMatch;
                case '-': return MinExpand(s, p, end);
                default:
                    if (s >= _source.Length || !IsSingle(_source[s], p, end)) return NoMatch;
                    s++;
                    p = end;
                    continue;
            }
        }
    }

    /// <summary>Behind a single item of the pattern.</summary>
    private readonly int ClassEnd(int p)
    {
        switch (_pattern[p++])
        {
            case (byte)'%':
                if (p >= _pattern.Length) throw _call.Fail("malformed pattern (ends with '%')"u8);
                return p + 1;
            case (byte)'[':
                if (At(p) == '^') p++;
                do
                {
                    if (p >= _pattern.Length) throw _call.Fail("malformed pattern (missing ']')"u8);
                    if (_pattern[p++] == '%' && p < _pattern.Length) p++;
                }
                while (At(p) != ']');
                return p + 1;
            default: return p;
        }
    }

    private readonly bool IsSingle(int c, int p, int end) => _pattern[p] switch
    {
        (byte)'.' => true,
        (byte)'%' => IsInClass(c, _pattern[p + 1]),
        (byte)'[' => IsInSet(c, p, end - 1),
        var letter => letter == c,
    };

    private static bool IsInClass(int c, int letter)
    {
        bool isIn;
        switch (letter | 0x20)
        {
            case 'a': isIn = CType.IsAlpha(c); break;
            case 'c': isIn = CType.IsControl(c); break;
            case 'd': isIn = CType.IsDigit(c); break;
            case 'l': isIn = CType.IsLower(c); break;
            case 'p': isIn = CType.IsPunctuation(c); break;
            case 's': isIn = CType.IsSpace(c); break;
            case 'u': isIn = CType.IsUpper(c); break;
            case 'w': isIn = CType.IsAlphaNumeric(c); break;
            case 'x': isIn = CType.IsHexDigit(c); break;
            case 'z': isIn = c == 0; break;
            default: return letter == c;
        }
        if (!CType.IsAlpha(letter)) return letter == c;
        return CType.IsLower(letter) ? isIn : !isIn;
    }

    /// <param name="last">Where the closing bracket is.</param>
    private readonly bool IsInSet(int c, int p, int last)
    {
        var isIn = true;
        if (At(p + 1) == '^')
        {
            isIn = false;
            p++;
        }
        while (++p < last)
        {
            if (_pattern[p] == '%')
            {
                p++;
                if (IsInClass(c, At(p))) return isIn;
            }
            else if (At(p + 1) == '-' && p + 2 < last)
            {
                p += 2;
                if (_pattern[p - 2] <= c && c <= _pattern[p]) return isIn;
            }
            else if (_pattern[p] == c) return isIn;
        }
        return !isIn;
    }

    private int MaxExpand(int s, int p, int end)
    {
        var count = 0;
        while (s + count < _source.Length && IsSingle(_source[s + count], p, end)) count++;
        _looks += count;
        for (; count >= 0; count--)
        {
            var result = Try(s + count, end + 1);
            if (result >= 0) return result;
        }
        return NoMatch;
    }

    private int MinExpand(int s, int p, int end)
    {
        while (true)
        {
            var result = Try(s, end + 1);
            if (result >= 0) return result;
            if (s >= _source.Length || !IsSingle(_source[s], p, end)) return NoMatch;
            s++;
        }
    }

    private int MatchBalance(int s, int p)
    {
        if (p + 1 >= _pattern.Length) throw _call.Fail("unbalanced pattern"u8);
        if (Byte(s) != _pattern[p] || s >= _source.Length) return NoMatch;
        int open = _pattern[p], close = _pattern[p + 1], depth = 1;
        while (++s < _source.Length)
        {
            _looks++;
            if (_source[s] == close)
            {
                if (--depth == 0) return s + 1;
            }
            else if (_source[s] == open) depth++;
        }
        return NoMatch;
    }

    /// <summary>Where the pattern goes on, if a set begins to hold here.</summary>
    private readonly int MatchFrontier(int s, int p)
    {
        if (At(p) != '[') throw _call.Fail("missing '[' after '%f' in pattern"u8);
        var end = ClassEnd(p);
        var previous = s == 0 ? 0 : _source[s - 1];
        return IsInSet(previous, p, end - 1) || !IsInSet(Byte(s), p, end - 1) ? NoMatch : end;
    }

    // Captures.

    private int StartCapture(int s, int p, int kind)
    {
        if (CaptureCount >= CapturesMax) throw _call.Fail("too many captures"u8);
        _starts[CaptureCount] = s;
        _lengths[CaptureCount] = kind;
        CaptureCount++;
        var result = Try(s, p);
        if (result < 0) CaptureCount--;
        return result;
    }

    private int EndCapture(int s, int p)
    {
        var capture = CaptureCount - 1;
        while (capture >= 0 && _lengths[capture] != Unfinished) capture--;
        if (capture < 0) throw _call.Fail("invalid pattern capture"u8);
        _lengths[capture] = s - _starts[capture];
        var result = Try(s, p);
        if (result < 0) _lengths[capture] = Unfinished;
        return result;
    }

    private readonly int MatchCapture(int s, int digit)
    {
        var capture = digit - '1';
        if (capture < 0 || capture >= CaptureCount || _lengths[capture] == Unfinished) throw _call.Fail("invalid capture index"u8);
        // The capture of a place has, as a size of C has it, no end.
        if (_lengths[capture] == Place) return NoMatch;
        var text = _source.Slice(_starts[capture], _lengths[capture]);
        return _source[s..].StartsWith(text) ? s + text.Length : NoMatch;
    }

    /// <summary>The value of a capture; the whole match, if there are none.</summary>
    public readonly LuaValue Capture(int index, int start, int end)
    {
        var strings = _call.Machine.Strings;
        if (index >= CaptureCount)
        {
            if (index != 0) throw _call.Fail("invalid capture index"u8);
            return strings.Get(_source[start..end]);
        }
        if (_lengths[index] == Unfinished) throw _call.Fail("unfinished capture"u8);
        if (_lengths[index] == Place) return _starts[index] + 1;
        return strings.Get(_source.Slice(_starts[index], _lengths[index]));
    }
}
