namespace Carnelian;

/// <summary>A place on the earth, in degrees. Rounding is that of Redis 8.0 (geohash.c, geohash_helper.c), operation by operation, so that replies are the same.</summary>
public readonly record struct GeoPoint(double Longitude, double Latitude)
{
    public const double LongitudeMax = 180;

    /// <summary>The map ends before the poles, where it is a square (EPSG:900913).</summary>
    public const double LatitudeMax = 85.05112878;

    private const double EarthRadiusMeters = 6372797.560856;

    private const double RadiansPerDegree = Math.PI / 180;

    /// <summary>2^63: integers from there on have no sign.</summary>
    private const double IntegerEnd = 9223372036854775808;

    /// <summary>The place lies on the map.</summary>
    public bool IsOnMap => Longitude is >= -LongitudeMax and <= LongitudeMax && Latitude is >= -LatitudeMax and <= LatitudeMax;

    /// <summary>Where a member with a score is: the middle of its cell. Any score is somewhere.</summary>
    public static GeoPoint OfScore(double score)
    {
        var area = new GeoCell(CodeOf(score), GeoCell.StepMax).Area;
        return new GeoPoint((area.West + area.East) / 2, (area.South + area.North) / 2).OnMap;
    }

    /// <summary>The place, or the nearest on the map.</summary>
    internal GeoPoint OnMap => new(Math.Clamp(Longitude, -LongitudeMax, LongitudeMax), Math.Clamp(Latitude, -LatitudeMax, LatitudeMax));

    /// <summary>The score of a member that is here.</summary>
    public double Score => GeoCell.Of(this, GeoCell.StepMax).Code;

    /// <summary>A number as an integer without a sign, as compilers of C have x86 convert it.</summary>
    private static ulong CodeOf(double score) =>
        score < IntegerEnd ? (ulong)DoubleText.Truncate(score) : (ulong)DoubleText.Truncate(score - IntegerEnd) ^ (1UL << 63);

    // ---- distances

    internal static double Radians(double degrees) => degrees * RadiansPerDegree;

    internal static double Degrees(double radians) => radians / RadiansPerDegree;

    /// <summary>What an arc of so many meters is at the earth's centre, in radians.</summary>
    internal static double Angle(double meters) => meters / EarthRadiusMeters;

    /// <summary>Meters between two latitudes.</summary>
    internal static double MetersBetween(double latitude, double other) => EarthRadiusMeters * Math.Abs(Radians(other) - Radians(latitude));

    /// <summary>Meters on the great circle, by the haversine formula. No number may come of places that lie opposite each other.</summary>
    public double MetersTo(GeoPoint other)
    {
        var v = Math.Sin((Radians(other.Longitude) - Radians(Longitude)) / 2);
        if (v == 0) return MetersBetween(Latitude, other.Latitude);
        double latitude = Radians(Latitude), otherLatitude = Radians(other.Latitude);
        var u = Math.Sin((otherLatitude - latitude) / 2);
        return 2 * EarthRadiusMeters * Math.Asin(Math.Sqrt(u * u + Math.Cos(latitude) * Math.Cos(otherLatitude) * v * v));
    }

    // ---- text

    public const int GeohashLength = 11;

    /// <summary>Writes the standard geohash of eleven characters. It divides latitudes from pole to pole; of its 55 bits Redis has 52, and the last five are 0.</summary>
    public void FormatGeohash(Span<byte> destination)
    {
        const int bits = 2 * GeoCell.StepMax, bitsPerCharacter = 5;
        var code = GeoCell.CodeOf(Longitude, Latitude, 90, GeoCell.StepMax);
        for (var i = 0; i < GeohashLength - 1; i++)
            destination[i] = "0123456789bcdefghjkmnpqrstuvwxyz"u8[(int)(code >> (bits - (i + 1) * bitsPerCharacter)) & 31];
        destination[GeohashLength - 1] = (byte)'0';
    }
}
