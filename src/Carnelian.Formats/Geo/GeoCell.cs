namespace Carnelian;

/// <summary>Degrees from south to north and from west to east.</summary>
public readonly record struct GeoArea(double West, double South, double East, double North);

/// <summary>
/// A cell of the map, which is halved both ways so many times (Morton order; Niemeyer's geohash). In steps of <see cref="StepMax"/> the code is the score that a
/// sorted set has of a place, so that a larger cell is a range of scores.
/// <code>code: | … 0 | longitude bit | latitude bit | … step times, the first halving first |</code>
/// </summary>
public readonly record struct GeoCell(ulong Code, int Step)
{
    /// <summary>52 bits: a double has all of them.</summary>
    public const int StepMax = 26;

    private const ulong LatitudeBits = 0x5555555555555555, LongitudeBits = ~LatitudeBits;

    public static GeoCell Of(GeoPoint point, int step) => new(CodeOf(point.Longitude, point.Latitude, GeoPoint.LatitudeMax, step), step);

    /// <summary>The last longitude and latitude have a bit above all others.</summary>
    internal static ulong CodeOf(double longitude, double latitude, double latitudeMax, int step)
    {
        var x = (longitude + GeoPoint.LongitudeMax) / (GeoPoint.LongitudeMax * 2) * (1UL << step);
        var y = (latitude + latitudeMax) / (latitudeMax * 2) * (1UL << step);
        return Spread((uint)y) | Spread((uint)x) << 1;
    }

    public GeoArea Area
    {
        get
        {
            uint y = Gather(Code), x = Gather(Code >> 1);
            return new(
                Edge(x, GeoPoint.LongitudeMax), Edge(y, GeoPoint.LatitudeMax), Edge(unchecked(x + 1), GeoPoint.LongitudeMax), Edge(unchecked(y + 1), GeoPoint.LatitudeMax));
        }
    }

    private double Edge(uint number, double max) => -max + number * 1.0 / (1UL << Step) * (max * 2);

    /// <summary>The scores of members in the cell: from the first to before the second.</summary>
    public (double Min, double End) Scores
    {
        get
        {
            var shift = 2 * (StepMax - Step);
            return (Code << shift, (Code + 1) << shift);
        }
    }

    /// <summary>The cell next to this one, or itself. Behind the last one comes the first.</summary>
    /// <param name="east">1 for the east, -1 for the west, or 0.</param>
    /// <param name="north">1 for the north, -1 for the south, or 0.</param>
    public GeoCell Neighbor(int east, int north) => new(Move(LongitudeBits, east) | Move(LatitudeBits, north), Step);

    /// <summary>Counts one way in the bits of one kind: carries pass over the others where those are set, borrows where they are not.</summary>
    private ulong Move(ulong bits, int by)
    {
        var number = Code & bits;
        if (by == 0) return number;
        var one = bits & ~(bits << 2);
        return (by > 0 ? (number | ~bits) + one : number - one) & bits & ((1UL << (2 * Step)) - 1);
    }

    // ---- bits: Morton order, "Bit Twiddling Hacks", Interleave bits by binary magic numbers

    /// <summary>Puts a 0 in front of each bit.</summary>
    private static ulong Spread(uint number)
    {
        ulong bits = number;
        bits = (bits | bits << 16) & 0x0000FFFF0000FFFF;
        bits = (bits | bits << 8) & 0x00FF00FF00FF00FF;
        bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits << 2) & 0x3333333333333333;
        return (bits | bits << 1) & LatitudeBits;
    }

    /// <summary>Leaves every other bit out, beginning with the second.</summary>
    private static uint Gather(ulong bits)
    {
        bits &= LatitudeBits;
        bits = (bits | bits >> 1) & 0x3333333333333333;
        bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits >> 4) & 0x00FF00FF00FF00FF;
        bits = (bits | bits >> 8) & 0x0000FFFF0000FFFF;
        return (uint)(bits | bits >> 16);
    }
}
