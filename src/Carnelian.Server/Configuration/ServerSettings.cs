namespace Carnelian;

/// <summary>Settings that nothing acts on yet and that INFO shows nevertheless.</summary>
internal static class ServerSettings
{
    public static string Text(Server server, string name, string defaultValue) => server.Directives.Find(name)?.Get() ?? defaultValue;

    public static long Number(Server server, string name, long defaultValue) => long.TryParse(Text(server, name, ""), out var number) ? number : defaultValue;
}
