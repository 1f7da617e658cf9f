namespace Carnelian;

/// <summary>
/// Where is searched: a circle, a box or a polygon, and which cells cover it. As in Redis 8.0 (geohash_helper.c), and for the polygon as in Valkey 9: what those miss
/// near the poles and across the 180th meridian is missed here.
/// </summary>
public readonly ref struct GeoShape
{
    /// <summary>A cell and its neighbours.</summary>
    public const int CellsMax = 9;

    /// <summary>Half the width of the map in the projection of Mercator, meters.</summary>
    private const double MapHalfMeters = 20037726.37;

    private enum Kind
    {
        Circle,
        Box,
        Polygon,
    }

    private readonly Kind _kind;
    private readonly GeoPoint _center;
    private readonly GeoArea _bounds;

    /// <summary>Meters from the centre within which all of the shape lies.</summary>
    private readonly double _radius;

    /// <summary>Meters from the centre to a box's sides.</summary>
    private readonly double _halfWidth, _halfHeight;
    private readonly ReadOnlySpan<GeoPoint> _vertices;
    private readonly GeoCircle _circle;

    private GeoShape(Kind kind, GeoPoint center, GeoArea bounds, double radius)
    {
        _kind = kind;
        _center = center;
        _bounds = bounds;
        _radius = radius;
    }

    /// <param name="unit">What the other numbers are given in, meters.</param>
    public static GeoShape Circle(GeoPoint center, double radius, double unit) => new(center, radius * unit);

    private GeoShape(GeoPoint center, double radius) : this(Kind.Circle, center, BoundsOf(center, radius, radius), radius) => _circle = new(center, radius);

    /// <param name="unit">What the other numbers are given in, meters.</param>
    public static GeoShape Box(GeoPoint center, double width, double height, double unit) =>
        new(center, width / 2 * unit, height / 2 * unit, Math.Sqrt(width / 2 * (width / 2) + height / 2 * (height / 2)) * unit);

    private GeoShape(GeoPoint center, double halfWidth, double halfHeight, double radius)
        : this(Kind.Box, center, BoundsOf(center, halfWidth, halfHeight), radius)
    {
        _halfWidth = halfWidth;
        _halfHeight = halfHeight;
    }

    /// <param name="vertices">At least three. They live as long as the shape.</param>
    public static GeoShape Polygon(ReadOnlySpan<GeoPoint> vertices) => new(vertices, CenterOf(vertices), BoundsOf(vertices));

    private GeoShape(ReadOnlySpan<GeoPoint> vertices, GeoPoint center, GeoArea bounds) : this(Kind.Polygon, center, bounds, FarthestCorner(center, bounds)) =>
        _vertices = vertices;

    // ---- what is in it

    /// <summary>Whether a place is in the shape.</summary>
    /// <param name="measures">The distance is needed.</param>
    /// <param name="meters">From the centre; undefined unless the place is in the shape and the distance needed.</param>
    public bool Contains(GeoPoint point, bool measures, out double meters)
    {
        meters = 0;
        if (_kind == Kind.Circle) return _circle.Contains(point, measures, out meters);
        if (!(_kind == Kind.Box ? IsInBox(point) : IsInPolygon(point))) return false;
        if (measures) meters = _center.MetersTo(point);
        return true;
    }

    private bool IsInBox(GeoPoint point) =>
        !(GeoPoint.MetersBetween(_center.Latitude, point.Latitude) > _halfHeight) && !(point.MetersTo(_center with { Latitude = point.Latitude }) > _halfWidth);

    /// <summary>A line from the point to the east crosses the sides an odd number of times (W. R. Franklin, PNPOLY). Sides are straight on the map.</summary>
    private bool IsInPolygon(GeoPoint point)
    {
        var inside = false;
        var b = _vertices[^1];
        foreach (var a in _vertices)
        {
            if (a.Latitude > point.Latitude != b.Latitude > point.Latitude
                && point.Longitude < (b.Longitude - a.Longitude) * (point.Latitude - a.Latitude) / (b.Latitude - a.Latitude) + a.Longitude)
                inside = !inside;
            b = a;
        }
        return inside;
    }

    // ---- bounds

    /// <summary>Longitudes are taken where they are closest together: at the edge farther from the equator.</summary>
    private static GeoArea BoundsOf(GeoPoint center, double halfWidth, double halfHeight)
    {
        var height = GeoPoint.Degrees(GeoPoint.Angle(halfHeight));
        var edge = center.Latitude < 0 ? center.Latitude - height : center.Latitude + height;
        var width = GeoPoint.Degrees(GeoPoint.Angle(halfWidth) / Math.Cos(GeoPoint.Radians(edge)));
        return new(center.Longitude - width, center.Latitude - height, center.Longitude + width, center.Latitude + height);
    }

    private static GeoArea BoundsOf(ReadOnlySpan<GeoPoint> vertices)
    {
        var first = vertices[0];
        var bounds = new GeoArea(first.Longitude, first.Latitude, first.Longitude, first.Latitude);
        foreach (var vertex in vertices)
        {
            bounds = new(
                Math.Min(bounds.West, vertex.Longitude), Math.Min(bounds.South, vertex.Latitude), Math.Max(bounds.East, vertex.Longitude), Math.Max(bounds.North, vertex.Latitude));
        }
        return bounds;
    }

    /// <summary>The middle of the vertices in space, seen from the earth's centre.</summary>
    private static GeoPoint CenterOf(ReadOnlySpan<GeoPoint> vertices)
    {
        double x = 0, y = 0, z = 0;
        foreach (var vertex in vertices)
        {
            double longitude = GeoPoint.Radians(vertex.Longitude), latitude = GeoPoint.Radians(vertex.Latitude);
            x += Math.Cos(latitude) * Math.Cos(longitude);
            y += Math.Cos(latitude) * Math.Sin(longitude);
            z += Math.Sin(latitude);
        }
        return new(GeoPoint.Degrees(Math.Atan2(y, x)), GeoPoint.Degrees(Math.Atan2(z, Math.Sqrt(x * x + y * y))));
    }

    private static double FarthestCorner(GeoPoint center, GeoArea bounds) => Math.Max(
        Math.Max(center.MetersTo(new(bounds.West, bounds.North)), center.MetersTo(new(bounds.East, bounds.North))),
        Math.Max(center.MetersTo(new(bounds.West, bounds.South)), center.MetersTo(new(bounds.East, bounds.South))));

    // ---- what covers it

    /// <summary>Each way from a cell, in the order in which Redis looks around: it is that of replies which are not sorted.</summary>
    private static ReadOnlySpan<sbyte> Ways => [0, 1, 0, -1, 1, 0, -1, 0, 1, 1, -1, 1, 1, -1, -1, -1];

    /// <summary>Finds the cells in which something of the shape may be, up to <see cref="CellsMax"/>, and answers how many there are.</summary>
    public int Cover(Span<GeoCell> cells)
    {
        var center = GeoCell.Of(_center.OnMap, EstimateStep());
        if (center.Step > 1 && !IsWithinNeighbors(center)) center = GeoCell.Of(_center.OnMap, center.Step - 1);
        var area = center.Area;
        var count = 0;
        cells[count++] = center;
        for (var i = 0; i < Ways.Length; i += 2)
        {
            int east = Ways[i], north = Ways[i + 1];
            if (center.Step > 1 && IsEndedBefore(area, east, north)) continue;
            var cell = center.Neighbor(east, north);
            // Where there are only two cells from one side of the map to the other.
            if (cell != cells[count - 1]) cells[count++] = cell;
        }
        return count;
    }

    /// <summary>The shape does not go as far as the neighbour that way.</summary>
    private bool IsEndedBefore(GeoArea center, int east, int north) =>
        north < 0 && center.South < _bounds.South || north > 0 && center.North > _bounds.North || east < 0 && center.West < _bounds.West || east > 0 && center.East > _bounds.East;

    private bool IsWithinNeighbors(GeoCell center) =>
        !(center.Neighbor(0, 1).Area.North < _bounds.North || center.Neighbor(0, -1).Area.South > _bounds.South
            || center.Neighbor(1, 0).Area.East < _bounds.East || center.Neighbor(-1, 0).Area.West > _bounds.West);

    /// <summary>A cell and its neighbours are to be larger than the shape; near the poles they are narrower.</summary>
    private int EstimateStep()
    {
        if (_radius == 0) return GeoCell.StepMax;
        var step = -1;
        for (var meters = _radius; meters < MapHalfMeters && step <= GeoCell.StepMax + 2; meters *= 2) step++;
        if (_center.Latitude is > 66 or < -66) step--;
        if (_center.Latitude is > 80 or < -80) step--;
        return Math.Clamp(step, 1, GeoCell.StepMax);
    }
}
