namespace Carnelian;

/// <summary>Places and distances as requests give them.</summary>
internal static class GeoArguments
{
    /// <summary>Reads an argument and the next one as longitude and latitude; otherwise the call has failed.</summary>
    public static bool TryPoint(scoped ref Call call, int argument, out GeoPoint point)
    {
        point = default;
        if (!ScoreArguments.TryScore(ref call, argument, out var longitude) || !ScoreArguments.TryScore(ref call, argument + 1, out var latitude)) return false;
        point = new(longitude, latitude);
        if (!point.IsOnMap) call.Fail($"ERR invalid longitude,latitude pair {Fixed(longitude)},{Fixed(latitude)}");
        return !call.Failed;
    }

    /// <summary>As C writes a number with %f.</summary>
    private static string Fixed(double number) =>
        double.IsInfinity(number) ? number > 0 ? "inf" : "-inf" : number.ToString("F6", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads an argument as a radius and the next one as its unit; otherwise the call has failed.</summary>
    public static bool TryRadius(scoped ref Call call, int argument, out double radius, out double unit)
    {
        unit = 0;
        if (!ScoreArguments.TryScore(ref call, argument, out radius, "ERR need numeric radius")) return false;
        if (radius >= 0) return TryUnit(ref call, argument + 1, out unit);
        call.Fail("ERR radius cannot be negative");
        return false;
    }

    /// <summary>Reads three arguments as a box's width and height and their unit; otherwise the call has failed.</summary>
    public static bool TryBox(scoped ref Call call, int argument, out double width, out double height, out double unit)
    {
        (height, unit) = (0, 0);
        if (!ScoreArguments.TryScore(ref call, argument, out width, "ERR need numeric width")) return false;
        if (!ScoreArguments.TryScore(ref call, argument + 1, out height, "ERR need numeric height")) return false;
        if (width >= 0 && height >= 0) return TryUnit(ref call, argument + 2, out unit);
        call.Fail("ERR height or width cannot be negative");
        return false;
    }

    /// <summary>Reads an argument as a unit, in meters; otherwise the call has failed.</summary>
    public static bool TryUnit(scoped ref Call call, int argument, out double meters)
    {
        meters = 0;
        if (call.Is(argument, "m"u8)) meters = 1;
        else if (call.Is(argument, "km"u8)) meters = 1000;
        else if (call.Is(argument, "ft"u8)) meters = 0.3048;
        else if (call.Is(argument, "mi"u8)) meters = 1609.34;
        else call.Fail("ERR unsupported unit provided. please use M, KM, FT, MI");
        return !call.Failed;
    }

    public static void Distance(this scoped ref ReplyWriter reply, double distance)
    {
        Span<byte> text = stackalloc byte[DoubleText.LengthMax];
        reply.Bulk(text[..DoubleText.FormatFixed(distance, text)]);
    }

    public static void Point(this scoped ref ReplyWriter reply, GeoPoint point)
    {
        reply.Array(2);
        reply.Double(point.Longitude);
        reply.Double(point.Latitude);
    }
}
