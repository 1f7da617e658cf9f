namespace Carnelian;

/// <summary>
/// Matches a string with a pattern, by backtracking, as PUC's lstrlib.c does. Strings of C end at a zero byte, so patterns do, too, and what stands behind the
/// subject is one. Each item that is tried takes stack of the host; how many may stand in a row is bounded.
/// </summary>
internal ref struct PatternMatcher
{
    public const int CapturesMax = 32;

    private const int LevelsMax = 1000;

    /// <summary>A set that is longer is read before it is used.</summary>
    private const int SetReadMax = 64;

    /// <summary>And any set, behind so many bytes in a row.</summary>
    private const int SetReadFrom = 256;

    private const int Unfinished = -1, Place = -2, NoMatch = -1;

    private readonly LuaCall _call;
    private readonly ReadOnlySpan<byte> _source;
    private readonly ReadOnlySpan<byte> _pattern;
    private readonly Span<int> _starts, _lengths;
    private int _levels;

    /// <summary>The item that every match begins with: where it and what is behind it stand in the pattern (0: there is none), and the byte that it is, or -1.</summary>
    private int _first, _firstEnd, _firstByte;

    private bool _knowsBeginning;

    /// <summary>The long set that was read last: where it stands, and which bytes are in it.</summary>
    private int _membersOf;
    private bool[]? _members;

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

    /// <summary>The first match at a place or behind it, or there alone; where it begins is told, and -1 answered if there is none.</summary>
    public int Find(ref int at, bool isAnchored)
    {
        if (isAnchored) return Match(at, 1);
        if (!_knowsBeginning) LookAtBeginning();
        for (; at <= _source.Length; at++)
        {
            if (_firstEnd > 0)
            {
                var distance = DistanceToFirst(at);
                _looks += distance < 0 ? _source.Length - at : distance;
                if (distance < 0)
                {
                    Spend(atOnce: false);
                    return NoMatch;
                }
                at += distance;
                // The item is all that is sought.
                if (_first == 0 && _firstEnd == _pattern.Length)
                {
                    CaptureCount = 0;
                    _looks++;
                    Spend(atOnce: false);
                    return at + 1;
                }
            }
            var end = Match(at, 0);
            if (end >= 0) return end;
        }
        return NoMatch;
    }

    /// <summary>Finds the single item that every match begins with, if there is one, so that places where it does not match are passed over at once.</summary>
    private void LookAtBeginning()
    {
        _knowsBeginning = true;
        var p = 0;
        while (At(p) == '(' && At(p + 1) != ')' && p < CapturesMax) p++;
        if (At(p) is 0 or '(' or ')' or '^' or '$' || (At(p) == '%' && (At(p + 1) is 'b' or 'f' || CType.IsDigit(At(p + 1))))) return;
        var end = ClassEnd(p);
        if (At(end) is '?' or '*' or '-') return;
        (_first, _firstEnd) = (p, end);
        _firstByte = _pattern[p] switch
        {
            (byte)'.' or (byte)'[' => -1,
            (byte)'%' => CType.IsAlpha(_pattern[p + 1]) ? -1 : _pattern[p + 1],
            var letter => letter,
        };
    }

    private int DistanceToFirst(int at)
    {
        var rest = _source[at..];
        if (_firstByte >= 0) return rest.IndexOf((byte)_firstByte);
        var distance = Scan(rest, _first, _firstEnd, isMatch: false);
        return distance < rest.Length ? distance : -1;
    }

    /// <summary>How many bytes from the first on all match a single item, or all do not.</summary>
    private int Scan(ReadOnlySpan<byte> rest, int p, int end, bool isMatch)
    {
        var i = 0;
        if (_pattern[p] == '%')
        {
            var letter = _pattern[p + 1];
            while (i < rest.Length && IsInClass(rest[i], letter) == isMatch) i++;
            return i;
        }
        for (; i < Math.Min(rest.Length, SetReadFrom); i++)
            if (IsSingle(rest[i], p, end) != isMatch) return i;
        if (i < rest.Length && _pattern[p] == '[')
        {
            if (_members is null || _membersOf != p) ReadSet(p, end - 1);
            while (i < rest.Length && _members![rest[i]] == isMatch) i++;
        }
        else while (i < rest.Length && IsSingle(rest[i], p, end) == isMatch) i++;
        return i;
    }

    /// <summary>How many captures the match has.</summary>
    public int CaptureCount { get; private set; }

    /// <summary>Where the match that begins at a place ends; -1 if there is none.</summary>
    private int Match(int at, int pattern)
    {
        CaptureCount = 0;
        _levels = 0;
        var end = Try(at, pattern);
        Spend(atOnce: false);
        return end;
    }

    /// <summary>Pays for what was looked at, when it is worth it.</summary>
    private void Spend(bool atOnce)
    {
        if (!atOnce && _looks <= 256) return;
        _call.Machine.Spend(_looks >> 3);
        _looks = 0;
    }

    private readonly int At(int pattern) => (uint)pattern < (uint)_pattern.Length ? _pattern[pattern] : 0;

    private readonly int Byte(int at) => (uint)at < (uint)_source.Length ? _source[at] : 0;

    private int Try(int s, int p)
    {
        if (++_levels > LevelsMax) throw _call.Fail("pattern too complex"u8);
        if (++_looks > 100_000) Spend(atOnce: true);
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
    private int ClassEnd(int p)
    {
        var end = FindClassEnd(p);
        _looks += end - p;
        return end;
    }

    private readonly int FindClassEnd(int p)
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

    private bool IsSingle(int c, int p, int end) => _pattern[p] switch
    {
        (byte)'.' => true,
        (byte)'%' => IsInClass(c, _pattern[p + 1]),
        (byte)'[' => IsInSet(c, p, end - 1),
        var letter => letter == c,
    };

    private static bool IsInClass(int c, int letter) => CType.ClassOf(letter) is var mask and not 0 ? (CType.ClassesOf(c) & mask) != 0 == CType.IsLower(letter) : letter == c;

    /// <param name="last">Where the closing bracket is.</param>
    private bool IsInSet(int c, int p, int last)
    {
        if (last - p > SetReadMax) return IsInLongSet(c, p, last);
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

    /// <summary>One that is long is read once for as many bytes as come.</summary>
    private bool IsInLongSet(int c, int p, int last)
    {
        if (_members is null || _membersOf != p) ReadSet(p, last);
        return _members![c];
    }

    private void ReadSet(int p, int last)
    {
        (_members ??= new bool[256]).AsSpan().Clear();
        _membersOf = p;
        var isExcluding = At(p + 1) == '^';
        if (isExcluding) p++;
        _looks += last - p;
        Span<bool> letters = stackalloc bool[256];
        while (++p < last)
        {
            if (_pattern[p] == '%') letters[At(++p)] = true;
            else if (At(p + 1) == '-' && p + 2 < last)
            {
                p += 2;
                for (int member = _pattern[p - 2]; member <= _pattern[p]; member++) _members[member] = true;
            }
            else _members[_pattern[p]] = true;
        }
        for (var letter = 0; letter < letters.Length; letter++)
        {
            if (!letters[letter]) continue;
            for (var member = 0; member < _members.Length; member++) _members[member] |= IsInClass(member, letter);
        }
        for (var member = 0; member < _members.Length; member++) _members[member] ^= isExcluding;
    }

    private int MaxExpand(int s, int p, int end)
    {
        var count = RunLength(_source[s..], p, end);
        _looks += count;
        for (; count >= 0; count--)
        {
            var result = Try(s + count, end + 1);
            if (result >= 0) return result;
        }
        return NoMatch;
    }

    /// <summary>How many bytes match a single item, from the first on.</summary>
    private int RunLength(ReadOnlySpan<byte> rest, int p, int end) => _pattern[p] == '.' ? rest.Length : Scan(rest, p, end, isMatch: true);

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
    private int MatchFrontier(int s, int p)
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

    private int MatchCapture(int s, int digit)
    {
        var capture = digit - '1';
        if (capture < 0 || capture >= CaptureCount || _lengths[capture] == Unfinished) throw _call.Fail("invalid capture index"u8);
        // The capture of a place has, as a size of C has it, no end.
        if (_lengths[capture] == Place) return NoMatch;
        var text = _source.Slice(_starts[capture], _lengths[capture]);
        _looks += text.Length >> 3;
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
