namespace Carnelian;

/// <summary>The commands of this assembly.</summary>
internal sealed partial class AdministrativeCommands : CommandSet;

/// <summary>All commands of a data server. Immutable, and so shared by all servers of a process.</summary>
internal static class ServerCommandTable
{
    public static CommandTable Shared { get; } = new(CommandTableKind.Server, new DataCommands(), new ScriptingCommands(), new PersistenceCommands(), new AdministrativeCommands());
}
