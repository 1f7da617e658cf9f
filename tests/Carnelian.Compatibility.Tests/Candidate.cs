using System.Globalization;

namespace Carnelian.Tests;

/// <summary>The server that is compared with the recordings.</summary>
internal static class Candidate
{
    public const string Reason = "no server to compare: name one as host:port in CARNELIAN_CANDIDATE";

    /// <returns>Null when there is none.</returns>
    public static IScenarioTarget? Open()
    {
        if (Environment.GetEnvironmentVariable("CARNELIAN_CANDIDATE") is not { Length: > 0 } address) return null;
        var colon = address.LastIndexOf(':');
        return new TcpTarget(address[..colon], int.Parse(address.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }
}
