using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that find the members in a circle, a box or, as Valkey 9 has it, a polygon: BYPOLYGON vertices longitude latitude ….</summary>
[CommandFamily("geo")]
internal static class GeoSearchCommands
{
    [Command("GEOSEARCH", Summary = "Queries a geospatial index for members inside an area of a box or a circle.", Since = "6.2.0",
        Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is "
            + "the number of items inside the shape",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key (from: FROMMEMBER member | (FROMLONLAT fromlonlat: longitude:double latitude:double)) (by: (circle: BYRADIUS radius:double (unit: "
            + "M | KM | FT | MI)) | (box: BYBOX width:double height:double (unit: M | KM | FT | MI))) [order: ASC | DESC] [count-block: COUNT "
            + "count:integer [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
        History = [
            "7.0.0: Added support for uppercase unit names."])]
    internal static void Search(ref Call call) => Run(ref call, GeoSyntax.Search);

    [Command("GEOSEARCHSTORE", Summary = "Queries a geospatial index for members inside an area of a box or a circle, optionally stores the result.",
        Since = "6.2.0",
        Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is "
            + "the number of items inside the shape",
        Flags = Write | DenyOom, Keys = "1 OW update; 2 RO access",
        Arguments = "destination:key source:key (from: FROMMEMBER member | (FROMLONLAT fromlonlat: longitude:double latitude:double)) (by: (circle: "
            + "BYRADIUS radius:double (unit: M | KM | FT | MI)) | (box: BYBOX width:double height:double (unit: M | KM | FT | MI))) [order: ASC | "
            + "DESC] [count-block: COUNT count:integer [ANY]] [STOREDIST]",
        History = [
            "7.0.0: Added support for uppercase unit names."])]
    internal static void SearchStore(ref Call call) => Run(ref call, GeoSyntax.SearchStore, mayStore: true);

    [Command("GEORADIUS", Summary = "Queries a geospatial index for members within a distance from a coordinate, optionally stores the result.",
        Since = "3.2.0",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is "
            + "the number of items inside the index.",
        Flags = Write | DenyOom, Keys = "1 RO access; STORE@6 OW update; STOREDIST@6 OW update",
        Arguments = "key longitude:double latitude:double radius:double (unit: M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block: COUNT "
            + "count:integer [ANY@6.2.0]] [order: ASC | DESC] [store: STORE storekey='key':key | STOREDIST storedistkey='key':key]",
        History = [
            "6.2.0: Added the `ANY` option for `COUNT`.",
            "7.0.0: Added support for uppercase unit names."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")]
    internal static void Radius(ref Call call) => Run(ref call, GeoSyntax.Radius, mayStore: true);

    [Command("GEORADIUS_RO", Summary = "Returns members from a geospatial index that are within a distance from a coordinate.", Since = "3.2.10",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is "
            + "the number of items inside the index.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key longitude:double latitude:double radius:double (unit: M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block: COUNT "
            + "count:integer [ANY@6.2.0]] [order: ASC | DESC]",
        History = [
            "6.2.0: Added the `ANY` option for `COUNT`.",
            "7.0.0: Added support for uppercase unit names."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` with the `BYRADIUS` argument")]
    internal static void RadiusReadOnly(ref Call call) => Run(ref call, GeoSyntax.Radius);

    [Command("GEORADIUSBYMEMBER", Summary = "Queries a geospatial index for members within a distance from a member, optionally stores the result.",
        Since = "3.2.0",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is "
            + "the number of items inside the index.",
        Flags = Write | DenyOom, Keys = "1 RO access; STORE@5 OW update; STOREDIST@5 OW update",
        Arguments = "key member radius:double (unit: M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block: COUNT count:integer [ANY]] [order: "
            + "ASC | DESC] [store: STORE storekey='key':key | STOREDIST storedistkey='key':key]",
        History = [
            "6.2.0: Added the `ANY` option for `COUNT`.",
            "7.0.0: Added support for uppercase unit names."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")]
    internal static void RadiusByMember(ref Call call) => Run(ref call, GeoSyntax.RadiusByMember, mayStore: true);

    [Command("GEORADIUSBYMEMBER_RO", Summary = "Returns members from a geospatial index that are within a distance from a member.", Since = "3.2.10",
        Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is "
            + "the number of items inside the index.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key member radius:double (unit: M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [count-block: COUNT count:integer [ANY]] [order: "
            + "ASC | DESC]",
        History = [
            "6.2.0: Added the `ANY` option for `COUNT`.",
            "7.0.0: Added support for uppercase unit names."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")]
    internal static void RadiusByMemberReadOnly(ref Call call) => Run(ref call, GeoSyntax.RadiusByMember);

    private static void Run(ref Call call, GeoSyntax syntax, bool mayStore = false)
    {
        var request = GeoRequest.Read(ref call, syntax, mayStore);
        if (call.Failed) return;
        var matches = request.Set.Exists ? GeoMatches.Find(ref call, request) : default;
        var count = (int)Math.Min(matches.Count, request.Count);
        if (request.Order != GeoOrder.None) matches.Sort(request.Order, count);
        if (request.Destination == 0) Answer(ref call, request, matches, count);
        else Store(ref call, request, matches, count, syntax == GeoSyntax.SearchStore ? KeyspaceEvent.GeoSearchStore : KeyspaceEvent.GeoRadiusStore);
    }

    private static void Answer(ref Call call, scoped in GeoRequest request, scoped GeoMatches matches, int count)
    {
        var extras = (request.WithDistances ? 1 : 0) + (request.WithHashes ? 1 : 0) + (request.WithPoints ? 1 : 0);
        call.Reply.Array(count);
        for (var i = 0; i < count; i++)
        {
            var match = matches[i];
            if (extras > 0) call.Reply.Array(extras + 1);
            call.Reply.Bulk(request.Set.MemberAt(match.Place));
            if (request.WithDistances) call.Reply.Distance(match.Meters / request.Unit);
            if (request.WithHashes) call.Reply.Integer(DoubleText.Truncate(match.Score));
            if (request.WithPoints) call.Reply.Point(GeoPoint.OfScore(match.Score));
        }
    }

    private static void Store(ref Call call, scoped in GeoRequest request, scoped GeoMatches matches, int count, KeyspaceEvent happened)
    {
        var result = call.Keyspace.NewSortedSet();
        if (count > 0) result.Expect(count, 0);
        for (var i = 0; i < count; i++)
        {
            var match = matches[i];
            result.Add(request.Set.MemberAt(match.Place), request.StoresDistances ? match.Meters / request.Unit : match.Score);
        }
        SortedSetAlgebraCommands.Store(ref call, result, happened, request.Destination, count);
    }
}
