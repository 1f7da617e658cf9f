namespace Carnelian;

/// <summary>Settings that nothing acts on yet and that INFO shows nevertheless.</summary>
internal static class ServerSettings
{
    public static string Text(Server server, string name, string standard) => server.Directives.Find(name)?.Get() ?? standard;

    public static long Number(Server server, string name, long standard) => long.TryParse(Text(server, name, ""), out var number) ? number : standard;
}
