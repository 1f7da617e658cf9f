namespace Carnelian;

/// <summary>
/// A circle, and which places are in it: those of which <see cref="GeoPoint.MetersTo"/> says so, to the last bit. Most are decided by the haversine alone, which is
/// compared with that of the radius; an arcus sine is computed only close to the edge, and where the distance is asked for.
/// </summary>
internal readonly struct GeoCircle
{
    /// <summary>Far more than what rounding does to a haversine, and to a distance of up to <see cref="AngleMax"/>.</summary>
    private const double Margin = 1e-11;

    /// <summary>Of radii so large, in radians, all places are computed: where they lie opposite, rounding does much.</summary>
    private const double AngleMax = 3;

    private readonly GeoPoint _center;
    private readonly double _radius, _longitude, _latitude, _cosine;

    /// <summary>No place is in the circle whose latitude, in radians, or whose haversine differs by more.</summary>
    private readonly double _latitudeMax, _outside;

    /// <summary>Each place is in the circle whose haversine is less.</summary>
    private readonly double _inside;

    public GeoCircle(GeoPoint center, double radius)
    {
        _center = center;
        _radius = radius;
        _longitude = GeoPoint.Radians(center.Longitude);
        _latitude = GeoPoint.Radians(center.Latitude);
        _cosine = Math.Cos(_latitude);
        var angle = GeoPoint.Angle(radius);
        (_latitudeMax, _outside) = (double.PositiveInfinity, double.PositiveInfinity);
        if (!(angle < AngleMax)) return;
        var sine = Math.Sin(angle / 2);
        _latitudeMax = angle * (1 + Margin);
        _outside = sine * sine * (1 + Margin);
        _inside = sine * sine * (1 - Margin);
    }

    /// <summary>As <see cref="GeoShape.Contains"/>.</summary>
    public bool Contains(GeoPoint point, bool measures, out double meters)
    {
        meters = 0;
        var latitude = GeoPoint.Radians(point.Latitude);
        if (Math.Abs(latitude - _latitude) > _latitudeMax) return false;
        var u = Math.Sin((latitude - _latitude) / 2);
        var v = Math.Sin((GeoPoint.Radians(point.Longitude) - _longitude) / 2);
        var haversine = u * u + _cosine * Math.Cos(latitude) * v * v;
        if (haversine > _outside) return false;
        if (!measures && haversine < _inside) return true;
        meters = _center.MetersTo(point);
        return !(meters > _radius);
    }
}
