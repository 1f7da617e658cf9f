using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on single places: a sorted set has a place as a score of 52 bits.</summary>
[CommandFamily("geo")]
internal static class GeoCommands
{
    [Command("GEOADD", Summary = "Adds one or more members to a geospatial index. The key is created if it doesn't exist.", Since = "3.2.0",
        Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Flags = Write | DenyOom, Keys = "1 RW update",
        Arguments = "key [condition@6.2.0: NX | XX] [change:CH@6.2.0] (data: longitude:double latitude:double member)...",
        History = [
            "6.2.0: Added the `CH`, `NX` and `XX` options."])]
    internal static void Add(ref Call call)
    {
        if (!TryReadConditions(ref call, out var conditions, out var countsChanged, out var first)) return;
        var scores = call.Keyspace.Allocator.Scratch<double>((call.Args.Count - first) / 3);
        for (var i = 0; i < scores.Length; i++)
        {
            if (!GeoArguments.TryPoint(ref call, first + 3 * i, out var point)) return;
            scores[i] = point.Score;
        }
        if (!call.TryEditSortedSet(1, out var set)) return;
        var mayAdd = set.Exists || conditions != ScoreConditions.IfExists;
        if (mayAdd) set.Expect(scores.Length, call.Args[first + 2].Length);
        int added = 0, updated = 0;
        for (var i = 0; mayAdd && i < scores.Length; i++)
        {
            var score = scores[i];
            var outcome = set.Set(call.Args[first + 3 * i + 2], ref score, conditions);
            added += outcome == ScoreOutcome.Added ? 1 : 0;
            updated += outcome == ScoreOutcome.Updated ? 1 : 0;
        }
        call.Reply.Integer(countsChanged ? added + updated : added);
        if (added + updated == 0) return;
        set.Changed(added + updated, KeyspaceEvent.SortedSetAdd);
        if (call.HasListeners) Propagate(ref call, first, scores);
    }

    /// <summary>The effect is a ZADD, with the options as they were given.</summary>
    private static void Propagate(ref Call call, int first, scoped ReadOnlySpan<double> scores)
    {
        var effect = call.BeginEffect("zadd"u8, first - 2 + 2 * scores.Length);
        for (var i = 2; i < first; i++) effect.Append(call.Args[i]);
        for (var i = 0; i < scores.Length; i++) effect.Append((long)scores[i]).Append(call.Args[first + 3 * i + 2]);
    }

    /// <summary>Reads the options in front of the first place; otherwise the call has failed.</summary>
    private static bool TryReadConditions(ref Call call, out ScoreConditions conditions, out bool countsChanged, out int first)
    {
        conditions = ScoreConditions.None;
        countsChanged = false;
        for (first = 2; first < call.Args.Count; first++)
        {
            if (call.Is(first, "nx"u8)) conditions |= ScoreConditions.IfMissing;
            else if (call.Is(first, "xx"u8)) conditions |= ScoreConditions.IfExists;
            else if (call.Is(first, "ch"u8)) countsChanged = true;
            else break;
        }
        var left = call.Args.Count - first;
        if (left == 0 || left % 3 != 0 || conditions == (ScoreConditions.IfMissing | ScoreConditions.IfExists)) call.FailSyntax();
        return !call.Failed;
    }

    [Command("GEOPOS", Summary = "Returns the longitude and latitude of members from a geospatial index.", Since = "3.2.0",
        Complexity = "O(1) for each member requested.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key [member...]")]
    internal static void Position(ref Call call)
    {
        if (!call.TrySortedSet(1, out var set)) return;
        call.Reply.Array(call.Args.Count - 2);
        for (var i = 2; i < call.Args.Count; i++)
        {
            if (TryPoint(ref call, set, i, out var point)) call.Reply.Point(point);
            else call.Reply.NullArray();
        }
    }

    private static bool TryPoint(ref Call call, SortedSetView set, int argument, out GeoPoint point)
    {
        var isThere = set.TryScore(call.Args[argument], out var score);
        point = isThere ? GeoPoint.OfScore(score) : default;
        return isThere;
    }

    [Command("GEODIST", Summary = "Returns the distance between two members of a geospatial index.", Since = "3.2.0", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key member1 member2 [unit: M | KM | FT | MI]")]
    internal static void Distance(ref Call call)
    {
        double unit = 1;
        if (call.Args.Count > 5)
        {
            call.FailSyntax();
            return;
        }
        if (call.Args.Count == 5 && !GeoArguments.TryUnit(ref call, 4, out unit) || !call.TrySortedSet(1, out var set)) return;
        if (TryPoint(ref call, set, 2, out var from) && TryPoint(ref call, set, 3, out var to)) call.Reply.Distance(from.MetersTo(to) / unit);
        else call.Reply.Null();
    }

    [Command("GEOHASH", Summary = "Returns members from a geospatial index as geohash strings.", Since = "3.2.0",
        Complexity = "O(1) for each member requested.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key [member...]")]
    internal static void Hash(ref Call call)
    {
        if (!call.TrySortedSet(1, out var set)) return;
        Span<byte> text = stackalloc byte[GeoPoint.GeohashLength];
        call.Reply.Array(call.Args.Count - 2);
        for (var i = 2; i < call.Args.Count; i++)
        {
            if (!TryPoint(ref call, set, i, out var point))
            {
                call.Reply.Null();
                continue;
            }
            point.FormatGeohash(text);
            call.Reply.Bulk(text);
        }
    }
}
