namespace Carnelian;

/// <summary>os.clock and nothing else: the host tells the time.</summary>
internal static class OsLibrary
{
    public static void Register(LuaMachine machine) =>
        Library.NewLibrary(machine, "os").Add(machine, "clock", call => call.Return(call.Machine.Host?.Clock() ?? 0));
}
