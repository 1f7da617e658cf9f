using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that read lists.</summary>
[CommandFamily("list")]
internal static class ListReadCommands
{
    [Command("LLEN", Summary = "Returns the length of a list.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Length(ref Call call)
    {
        if (call.TryList(1, out var list)) call.Reply.Integer(list.Count);
    }

    [Command("LRANGE", Summary = "Returns a range of elements from a list.", Since = "1.0.0",
        Complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is "
            + "the number of elements in the specified range.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key start:integer stop:integer")]
    internal static void Range(ref Call call)
    {
        if (!call.TryInteger(2, out var start) || !call.TryInteger(3, out var stop) || !call.TryList(1, out var list)) return;
        var (first, count) = ListEnds.Range(list.Count, start, stop);
        call.ReplyElements(list, first, count);
    }

    [Command("LINDEX", Summary = "Returns an element from a list by its index.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last "
            + "element of the list O(1).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key index:integer")]
    internal static void Index(ref Call call)
    {
        if (!call.TryList(1, out var list)) return;
        if (!list.Exists)
        {
            call.Reply.Null();
            return;
        }
        if (!call.TryInteger(2, out var index)) return;
        if (index < 0) index += list.Count;
        if ((ulong)index < (ulong)list.Count) call.ReplyElement(list[index]);
        else call.Reply.Null();
    }

    [Command("LPOS", Summary = "Returns the index of matching elements in a list.", Since = "6.0.6",
        Complexity = "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of "
            + "the list, or when the MAXLEN option is provided, the command may run in constant time.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]")]
    internal static void Position(ref Call call)
    {
        const string rankRange = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
        const string countError = "ERR COUNT can't be negative", lengthError = "ERR MAXLEN can't be negative";
        long rank = 1, count = -1, lengthMax = 0;
        var options = new OptionReader(call.Args, 3);
        while (options.Next())
        {
            if (options.TakesInteger("rank"u8, ref rank))
            {
                if (rank == long.MinValue) options.Fail(rankRange);
                else if (rank == 0)
                    options.Fail("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list");
            }
            else if (!options.TakesInteger("count"u8, ref count, countError, 0, countError) && !options.TakesInteger("maxlen"u8, ref lengthMax, lengthError, 0, lengthError))
                options.FailSyntax();
        }
        if (!options.Ends(ref call) || !call.TryList(1, out var list)) return;
        var search = new ListSearch(list, call.Args[2], rank, lengthMax);
        if (count >= 0) ReplyPositions(ref call, search, count == 0 ? long.MaxValue : count);
        else if (search.Next()) call.Reply.Integer(search.Position);
        else call.Reply.Null();
    }

    /// <summary>Searches twice, because the number of positions stands before them.</summary>
    private static void ReplyPositions(ref Call call, ListSearch search, long countMax)
    {
        var counting = search;
        var count = 0;
        while (count < countMax && counting.Next()) count++;
        call.Reply.Array(count);
        for (; count > 0 && search.Next(); count--) call.Reply.Integer(search.Position);
    }
}

/// <summary>Goes through the elements of a list that are equal to a text.</summary>
internal ref struct ListSearch
{
    private readonly ElementMatcher _matcher;
    private readonly bool _backward;
    private readonly long _count;
    private ListElements _elements;

    /// <summary>Elements that may still be looked at, and matches that are passed over before.</summary>
    private long _left, _skip;

    /// <param name="rank">1: from the first match on; −1: backwards from the last.</param>
    /// <param name="lengthMax">Elements that are looked at; 0: all.</param>
    public ListSearch(ListView list, ReadOnlySpan<byte> value, long rank, long lengthMax)
    {
        _matcher = new(value);
        _backward = rank < 0;
        _count = list.Count;
        _skip = Math.Abs(rank) - 1;
        _left = lengthMax == 0 ? _count : Math.Min(lengthMax, _count);
        if (_count > 0) _elements = list.From(_backward ? _count - 1 : 0, _backward);
        Position = _backward ? _count : -1;
    }

    /// <summary>Of the match, from the head.</summary>
    public long Position { get; private set; }

    public bool Next()
    {
        for (; _left > 0 && _elements.MoveNext(); _left--)
        {
            Position += _backward ? -1 : 1;
            if (!_matcher.Matches(_elements.Current) || _skip-- > 0) continue;
            _left--;
            return true;
        }
        return false;
    }
}
