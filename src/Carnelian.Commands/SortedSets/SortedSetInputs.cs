namespace Carnelian;

/// <summary>A set or a sorted set among those that a command combines; all members of a set have the score 1.</summary>
internal readonly ref struct SortedSetInput(Dataset data, EntryView entry, double weight)
{
    private readonly SetView _set = entry.Exists && entry.Type == ValueType.Set ? new(data, entry) : default;
    private readonly SortedSetView _sorted = entry.Exists && entry.Type == ValueType.SortedSet ? new(data, entry) : default;

    public bool IsSet => _set.Exists;

    public SetView Set => _set;

    public SortedSetView Sorted => _sorted;

    public long Count => IsSet ? _set.Count : _sorted.Count;

    /// <summary>Finds a member, with its weighted score.</summary>
    public bool TryScore(scoped PackedElement member, out double score)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        score = 1;
        var isThere = IsSet ? _set.Contains(member) : _sorted.TryScore(member.Text(digits), out score);
        score = Weighted(score);
        return isThere;
    }

    /// <summary>What is no number, 0 times infinity, is left to who joins it with others.</summary>
    public double Weighted(double score) => score * weight;

    /// <param name="found">Room for the members of some buckets.</param>
    public SortedSetInputWalk Walk(FieldList found) => new(this, found);
}

/// <summary>Goes through the members of an input.</summary>
internal ref struct SortedSetInputWalk
{
    private readonly SortedSetInput _input;
    private SetWalk _set;
    private SortedSetWalk _sorted;

    internal SortedSetInputWalk(SortedSetInput input, FieldList found)
    {
        _input = input;
        if (input.IsSet) _set = input.Set.Walk(found);
        else if (input.Count > 0) _sorted = input.Sorted.From(0);
    }

    public readonly PackedElement Member => _input.IsSet ? _set.Current : _sorted.Member;

    /// <summary>Weighted.</summary>
    public readonly double Score => _input.Weighted(_input.IsSet ? 1 : _sorted.Score);

    public bool MoveNext() => _input.IsSet ? _set.MoveNext() : _input.Count > 0 && _sorted.MoveNext();
}

/// <summary>
/// What a command combines, and how: <c>numkeys key… [WEIGHTS weight…] [AGGREGATE SUM | MIN | MAX] [WITHSCORES] [LIMIT limit]</c>, of the options those that the
/// command has.
/// </summary>
internal ref struct SortedSetInputs
{
    private EntryList _entries;
    private Dataset _data;

    /// <summary>By place among the keys.</summary>
    private Span<double> _weights;

    /// <summary>The places of the inputs, in the order in which they are used.</summary>
    private Span<int> _order;

    public ScoreAggregate Aggregate { get; private set; }

    public bool WithScores { get; private set; }

    /// <summary>The most that is counted.</summary>
    public long Limit { get; private set; }

    public readonly int Count => _order.Length;

    public readonly SortedSetInput this[int i] => new(_data, _entries[_order[i]], _weights[_order[i]]);

    /// <summary>Reads the request and finds all keys, in this order as in Redis: a wrong type is told before a wrong option.</summary>
    /// <param name="first">The argument that tells how many keys there are.</param>
    /// <param name="options">The options that the command has.</param>
    public static SortedSetInputs Find(scoped ref Call call, int first, SortedSetOptions options)
    {
        if (!call.TryInteger(first, out var keys)) return default;
        if (keys < 1) call.Fail($"ERR at least 1 input key is needed for '{call.Command.FullName}' command");
        else if (keys > call.Args.Count - first - 1) call.FailSyntax();
        if (call.Failed) return default;
        var inputs = new SortedSetInputs { _entries = call.Executor.BorrowFound(), _data = call.Database.Data, Limit = long.MaxValue };
        var end = first + 1 + (int)keys;
        for (var i = first + 1; i < end; i++)
        {
            call.FetchAhead(i, end);
            if (!call.TryFindSetOrSorted(i, out var entry)) return default;
            inputs._entries.Add(entry);
        }
        inputs._weights = call.Keyspace.Allocator.Scratch<double>((int)keys);
        inputs._order = call.Keyspace.Allocator.Scratch<int>((int)keys);
        inputs._weights.Fill(1);
        for (var i = 0; i < inputs._order.Length; i++) inputs._order[i] = i;
        inputs.ReadOptions(ref call, end, options);
        return inputs;
    }

    private void ReadOptions(scoped ref Call call, int first, SortedSetOptions accepted)
    {
        const string limitError = "ERR LIMIT can't be negative";
        var options = new OptionReader(call.Args, first);
        while (options.Next())
        {
            long limit = 0;
            if ((accepted & SortedSetOptions.Join) != 0 && options.Takes("weights"u8, out var argument, Count))
            {
                for (var i = 0; i < Count; i++)
                {
                    if (!ScoreArguments.TryScore(ref call, argument + i, out _weights[i], "ERR weight value is not a float")) return;
                }
            }
            else if ((accepted & SortedSetOptions.Join) != 0 && options.Takes("aggregate"u8, out argument))
            {
                if (call.Is(argument, "sum"u8)) Aggregate = ScoreAggregate.Sum;
                else if (call.Is(argument, "min"u8)) Aggregate = ScoreAggregate.Min;
                else if (call.Is(argument, "max"u8)) Aggregate = ScoreAggregate.Max;
                else options.FailSyntax();
            }
            else if ((accepted & SortedSetOptions.WithScores) != 0 && options.Is("withscores"u8)) WithScores = true;
            else if ((accepted & SortedSetOptions.Limit) != 0 && options.TakesInteger("limit"u8, ref limit, limitError, 0, limitError)) Limit = limit == 0 ? long.MaxValue : limit;
            else options.FailSyntax();
        }
        options.Ends(ref call);
    }

    /// <summary>Puts the smallest first: those of one size keep their order.</summary>
    public readonly void Sort(scoped ref Call call)
    {
        const int placeBits = 24;
        var keys = call.Keyspace.Allocator.Scratch<long>(Count);
        for (var i = 0; i < Count; i++) keys[i] = (Math.Min(this[i].Count, long.MaxValue >> (placeBits + 1)) << placeBits) + Math.Min(i, (1 << placeBits) - 1);
        keys.Sort(_order);
    }

    /// <summary>The first key is named again.</summary>
    public readonly bool RepeatFirst
    {
        get
        {
            for (var i = 1; i < Count; i++)
            {
                if (_entries[i].Exists && _entries[0].Exists && _entries[i].Key.SequenceEqual(_entries[0].Key)) return true;
            }
            return false;
        }
    }
}

/// <summary>Options of the commands that combine sorted sets.</summary>
[Flags]
internal enum SortedSetOptions
{
    None = 0,

    /// <summary>WEIGHTS and AGGREGATE.</summary>
    Join = 1,
    WithScores = 2,
    Limit = 4,
}
