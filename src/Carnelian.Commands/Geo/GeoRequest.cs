namespace Carnelian;

/// <summary>How a command says where to search.</summary>
internal enum GeoSyntax
{
    /// <summary><c>key longitude latitude radius unit [options]</c></summary>
    Radius,

    /// <summary><c>key member radius unit [options]</c></summary>
    RadiusByMember,

    /// <summary><c>key [options]</c>, of which FROMMEMBER or FROMLONLAT, and BYRADIUS or BYBOX, or else BYPOLYGON, are demanded.</summary>
    Search,

    /// <summary>As <see cref="Search"/>, behind a destination.</summary>
    SearchStore,
}

internal enum GeoOrder
{
    None,
    Nearest,
    Farthest,
}

/// <summary>What is searched in a sorted set of places, and what is answered of it.</summary>
internal ref struct GeoRequest
{
    private enum Origin
    {
        None,
        Member,
        Point,
    }

    private enum Area
    {
        None,
        Radius,
        Box,
        Polygon,
    }

    private readonly GeoSyntax _syntax;
    private readonly bool _mayStore;
    private SortedSetView _set;
    private Origin _origin;
    private Area _area;
    private GeoPoint _center;
    private double _radius, _width, _height;
    private ReadOnlySpan<GeoPoint> _vertices;
    private long _count;
    private bool _any;

    private GeoRequest(GeoSyntax syntax, bool mayStore, SortedSetView set)
    {
        _syntax = syntax;
        _mayStore = mayStore;
        _set = set;
    }

    private readonly bool IsSearch => _syntax is GeoSyntax.Search or GeoSyntax.SearchStore;

    /// <summary>The set that is searched; there may be none.</summary>
    public readonly SortedSetView Set => _set;

    /// <summary>The argument that names the destination, or 0.</summary>
    public int Destination { get; private set; }

    /// <summary>Scores of the result are distances.</summary>
    public bool StoresDistances { get; private set; }

    public bool WithDistances { get; private set; }

    public bool WithHashes { get; private set; }

    public bool WithPoints { get; private set; }

    /// <summary>What distances are given in, meters.</summary>
    public double Unit { get; private set; } = 1;

    public GeoOrder Order { get; private set; }

    /// <summary>So many members are answered at most.</summary>
    public readonly long Count => _count == 0 ? long.MaxValue : _count;

    /// <summary>The search ends when so many are found.</summary>
    public readonly long FoundMax => _any ? Count : long.MaxValue;

    public readonly bool NeedsDistances => WithDistances || StoresDistances || Order != GeoOrder.None;

    public readonly GeoShape Shape => _area switch
    {
        Area.Box => GeoShape.Box(_center, _width, _height, Unit),
        Area.Polygon => GeoShape.Polygon(_vertices),
        _ => GeoShape.Circle(_center, _radius, Unit),
    };

    /// <summary>Finds the set and reads the request, in this order as in Redis: a wrong type is told first. Otherwise the call has failed.</summary>
    public static GeoRequest Read(scoped ref Call call, GeoSyntax syntax, bool mayStore)
    {
        var source = syntax == GeoSyntax.SearchStore ? 2 : 1;
        if (!call.TrySortedSet(source, out var set)) return default;
        var request = new GeoRequest(syntax, mayStore, set);
        if (syntax == GeoSyntax.SearchStore) request.Destination = 1;
        if (request.TryReadPlace(ref call) && request.TryReadOptions(ref call, source)) request.CheckWhole(ref call);
        return request;
    }

    /// <summary>What stands in front of the options. Of a member of no set not even the radius is read.</summary>
    private bool TryReadPlace(scoped ref Call call)
    {
        if (_syntax == GeoSyntax.Radius && !GeoArguments.TryPoint(ref call, 2, out _center)) return false;
        if (_syntax == GeoSyntax.RadiusByMember && (!_set.Exists || !TryMember(ref call, 2))) return !call.Failed;
        return IsSearch || TryRadius(ref call, _syntax == GeoSyntax.Radius ? 4 : 3);
    }

    private bool TryMember(scoped ref Call call, int argument)
    {
        _origin = Origin.Member;
        if (!_set.Exists) return true;
        if (_set.TryScore(call.Args[argument], out var score)) _center = GeoPoint.OfScore(score);
        else call.Fail("ERR could not decode requested zset member");
        return !call.Failed;
    }

    private bool TryRadius(scoped ref Call call, int argument)
    {
        _area = Area.Radius;
        var isRead = GeoArguments.TryRadius(ref call, argument, out _radius, out var unit);
        Unit = unit;
        return isRead;
    }

    private bool TryReadOptions(scoped ref Call call, int source)
    {
        var first = _syntax switch { GeoSyntax.Radius => 6, GeoSyntax.RadiusByMember => 5, _ => source + 1 };
        var options = new OptionReader(call.Args, first);
        while (options.Next())
        {
            if (options.Is("withdist"u8)) WithDistances = true;
            else if (options.Is("withhash"u8)) WithHashes = true;
            else if (options.Is("withcoord"u8)) WithPoints = true;
            else if (options.Is("any"u8)) _any = true;
            else if (options.Is("asc"u8)) Order = GeoOrder.Nearest;
            else if (options.Is("desc"u8)) Order = GeoOrder.Farthest;
            else if (options.TakesInteger("count"u8, ref _count, min: 1, tooSmall: "ERR COUNT must be > 0")) { }
            else if (!TryReadDestination(ref options) && !(IsSearch && TryReadShape(ref call, ref options)))
            {
                if (call.Failed) return false;
                options.FailSyntax();
            }
        }
        return options.Ends(ref call);
    }

    private bool TryReadDestination(scoped ref OptionReader options)
    {
        if (_syntax == GeoSyntax.SearchStore)
        {
            if (!options.Is("storedist"u8)) return false;
            StoresDistances = true;
            return true;
        }
        var isDistance = options.Is("storedist"u8);
        if (!_mayStore || !isDistance && !options.Is("store"u8) || !options.TakesValue(out var destination)) return false;
        Destination = destination;
        StoresDistances = isDistance;
        return true;
    }

    /// <summary>What was chosen once is chosen; the same may be said again. A polygon has its own centre.</summary>
    private bool TryReadShape(scoped ref Call call, scoped ref OptionReader options)
    {
        int argument;
        if (_area != Area.Polygon)
        {
            if (_origin != Origin.Point && options.Takes("frommember"u8, out argument)) return TryMember(ref call, argument);
            if (_origin != Origin.Member && options.Takes("fromlonlat"u8, out argument, 2))
            {
                _origin = Origin.Point;
                return GeoArguments.TryPoint(ref call, argument, out _center);
            }
        }
        if (_area is Area.None or Area.Radius && options.Takes("byradius"u8, out argument, 2)) return TryRadius(ref call, argument);
        if (_area is Area.None or Area.Box && options.Takes("bybox"u8, out argument, 3))
        {
            _area = Area.Box;
            var isRead = GeoArguments.TryBox(ref call, argument, out _width, out _height, out var unit);
            Unit = unit;
            return isRead;
        }
        return _area is Area.None or Area.Polygon && _origin == Origin.None && options.Left >= 2 && options.Takes("bypolygon"u8, out argument)
            && TryPolygon(ref call, ref options, argument);
    }

    private bool TryPolygon(scoped ref Call call, scoped ref OptionReader options, int argument)
    {
        if (!call.TryInt(argument, out var count, "ERR invalid number of vertices")) return false;
        if (count < 3 || count > options.Left / 2)
        {
            call.Fail("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
            return false;
        }
        options.TakesValue(out var first, count * 2);
        var vertices = call.Keyspace.Allocator.Scratch<GeoPoint>(count);
        for (var i = 0; i < count; i++)
        {
            if (!GeoArguments.TryPoint(ref call, first + i * 2, out vertices[i])) return false;
        }
        _vertices = vertices;
        _area = Area.Polygon;
        return true;
    }

    /// <summary>Nothing is missing or contradicts something else; otherwise the call has failed.</summary>
    private void CheckWhole(scoped ref Call call)
    {
        if (Destination > 0 && (WithDistances || WithHashes || WithPoints))
            call.Fail($"ERR {(IsSearch ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS")} is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        else if (IsSearch && _origin == Origin.None && _area != Area.Polygon) call.Fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ", 0, default);
        else if (IsSearch && _area == Area.None) call.Fail("ERR exactly one of BYRADIUS and BYBOX can be specified for ", 0, default);
        else if (_any && _count == 0) call.Fail("ERR the ANY argument requires COUNT argument");
        // The first so many are the nearest.
        else if (_count > 0 && Order == GeoOrder.None && !_any) Order = GeoOrder.Nearest;
    }
}
