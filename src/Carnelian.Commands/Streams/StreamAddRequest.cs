namespace Carnelian;

/// <summary>The options of XADD and XTRIM.</summary>
internal struct StreamAddRequest
{
    private const string TwoStrategies = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";

    /// <summary>Entries that are trimmed at once where the request does not limit them, by nodes and in any case.</summary>
    private const long TrimmedNodesMax = 100, TrimmedUsually = 10_000, TrimmedMax = 1_000_000;

    /// <summary>The argument that is the ID; the fields stand behind it.</summary>
    public int IdAt { get; private set; }

    /// <summary>Which is given, and not to be made; and so is its number.</summary>
    public bool HasId { get; private set; }

    public bool HasSequence { get; private set; }

    public StreamId Id { get; private set; }

    public bool OnlyExisting { get; private set; }

    public StreamTrim Trim { get; private set; }

    /// <summary>The argument that says up to where is trimmed; one that says "~" stands before it.</summary>
    public int ThresholdAt { get; private set; }

    private PendingPolicy? _pending;

    /// <summary>Reads what stands behind the key; otherwise the call has failed. Mistakes are reported in the order of the arguments.</summary>
    /// <param name="isAdd">XADD, whose options end with an ID.</param>
    public static StreamAddRequest Read(ref Call call, bool isAdd)
    {
        var request = new StreamAddRequest();
        long limit = -1;
        var i = 2;
        for (; i < call.Args.Count && !call.Failed; i++)
        {
            var hasMore = i + 1 < call.Args.Count;
            if (isAdd && ByteText.UpToNul(call.Args[i]).SequenceEqual("*"u8)) break;
            if (hasMore && call.Is(i, "maxlen"u8)) request.ReadThreshold(ref call, ref i, StreamTrimStrategy.ByLength);
            else if (hasMore && call.Is(i, "minid"u8)) request.ReadThreshold(ref call, ref i, StreamTrimStrategy.ById);
            else if (hasMore && call.Is(i, "limit"u8))
            {
                if (call.TryInteger(++i, out limit) && limit < 0) call.Fail("ERR The LIMIT argument must be >= 0.");
            }
            else if (isAdd && call.Is(i, "nomkstream"u8)) request.OnlyExisting = true;
            else if (PendingPolicies.Find(ref call, i) is { } policy) request.Choose(ref call, policy);
            else if (isAdd)
            {
                request.HasId = StreamIdText.TryReadOpen(ref call, i, out var id, out var hasSequence);
                request.Id = id;
                request.HasSequence = hasSequence;
                break;
            }
            else call.FailSyntax();
        }
        request.IdAt = i;
        if (!call.Failed) request.End(ref call, isAdd, limit);
        return request;
    }

    private void Choose(ref Call call, PendingPolicy policy)
    {
        if (_pending is not null) call.FailSyntax();
        _pending = policy;
    }

    private void ReadThreshold(ref Call call, ref int i, StreamTrimStrategy strategy)
    {
        if (Trim.Strategy != StreamTrimStrategy.None)
        {
            call.Fail(TwoStrategies);
            return;
        }
        var hasSpecifier = i + 2 < call.Args.Count;
        var isApproximate = hasSpecifier && ByteText.UpToNul(call.Args[i + 1]).SequenceEqual("~"u8);
        i += isApproximate || hasSpecifier && ByteText.UpToNul(call.Args[i + 1]).SequenceEqual("="u8) ? 2 : 1;
        ThresholdAt = i;
        Trim = new() { Strategy = strategy, IsApproximate = isApproximate };
        if (strategy == StreamTrimStrategy.ById)
        {
            if (StreamIdText.TryRead(ref call, i, out var minId)) Trim = Trim with { MinId = minId };
            return;
        }
        if (!call.TryInteger(i, out var lengthMax)) return;
        if (lengthMax < 0) call.Fail("ERR The MAXLEN argument must be >= 0.");
        Trim = Trim with { LengthMax = lengthMax };
    }

    /// <param name="limit">-1: none is given.</param>
    private void End(ref Call call, bool isAdd, long limit)
    {
        var trims = Trim.Strategy != StreamTrimStrategy.None;
        if (!trims && limit > 0) call.Fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
        else if (!trims && !isAdd) call.Fail("ERR syntax error, XTRIM must be called with a trimming strategy");
        else if (limit >= 0 && !Trim.IsApproximate && !call.Session.IsRepeating) call.Fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
        else Trim = Trim with { Pending = _pending ?? PendingPolicy.Keep };
        // What is propagated has the threshold that was reached, = in place of ~, and the LIMIT that was given.
        if (call.Session.IsRepeating) limit = 0;
        if (Trim.IsApproximate) Trim = Trim with { Limit = limit >= 0 ? limit : UsualLimit(call.Keyspace.Host.StreamLimit) };
    }

    private static long UsualLimit(StreamLimit nodes) => unchecked(TrimmedNodesMax * nodes.EntriesMax) is > 0 and var limit ? Math.Min(limit, TrimmedMax) : TrimmedUsually;
}

/// <summary>The words that choose a <see cref="PendingPolicy"/>, in Redis since 8.2.</summary>
internal static class PendingPolicies
{
    public static PendingPolicy? Find(ref Call call, int argument) =>
        call.Is(argument, "keepref"u8) ? PendingPolicy.Keep
        : call.Is(argument, "delref"u8) ? PendingPolicy.Remove
        : call.Is(argument, "acked"u8) ? PendingPolicy.DeleteAcknowledged
        : null;
}
