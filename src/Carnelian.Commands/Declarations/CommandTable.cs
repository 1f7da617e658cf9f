using System.Text;

namespace Carnelian;

/// <summary>Which commands a table holds: those of a data server or those of Sentinel.</summary>
public enum CommandTableKind { Server, Sentinel }

/// <summary>
/// All commands by name. Immutable, so that every server of a process may share it; building one reads no attributes and parses no
/// documentation.
/// </summary>
public sealed class CommandTable
{
    private readonly NameTable _names;
    private readonly Command[] _all;

    public CommandTable(CommandTableKind kind, params ReadOnlySpan<CommandSet> sets)
    {
        var declared = new CommandDeclarations();
        foreach (var set in sets) declared.AddAll(set);
        var commands = declared.Commands;
        commands.RemoveAll(command => kind == CommandTableKind.Sentinel
            ? !command.Has(CommandFlags.Sentinel | CommandFlags.OnlySentinel)
            : command.Has(CommandFlags.OnlySentinel));
        _all = commands.ToArray();

        var top = new List<Command>(_all.Length);
        for (var i = 0; i < _all.Length; i++)
        {
            _all[i].Index = i;
            if (!_all[i].IsSubcommand) top.Add(_all[i]);
        }
        TopLevel = top.ToArray();
        _names = new NameTable(TopLevel);
        AdoptSubcommands();
    }

    /// <summary>Stands for "no command" where one must be given. Not among <see cref="All"/>, never found, without handler.</summary>
    public Command Nothing { get; } = new("", null, 0, CommandFlags.None, AclCategories.None, [], null, new NoCommands(), 0) { Index = -1 };

    private CommandTable(NameTable names, Command[] all, Command[] topLevel, Command nothing) => (_names, _all, TopLevel, Nothing) = (names, all, topLevel, nothing);

    /// <summary>Subcommands included.</summary>
    public ReadOnlySpan<Command> All => _all;

    /// <summary>Without subcommands; set by set, in each by name.</summary>
    public Command[] TopLevel { get; }

    /// <summary>A command by its name in any case; null when there is none.</summary>
    public Command? Find(ReadOnlySpan<byte> name) => _names.Find(name);

    /// <summary>
    /// The command of a call: of a container with a second argument the subcommand, or null when it has no such one. A container
    /// alone is returned itself.
    /// </summary>
    public Command? Find(Arguments arguments)
    {
        var command = Find(arguments[0]);
        return command is null || command.Subcommands.Length == 0 || arguments.Count == 1 ? command : command.FindSubcommand(arguments[1]);
    }

    /// <summary>By "get" or "config|get" in any case; null when there is none.</summary>
    public Command? FindFullName(ReadOnlySpan<byte> fullName)
    {
        var bar = fullName.IndexOf((byte)'|');
        return bar < 0 ? Find(fullName) : Find(fullName[..bar])?.FindSubcommand(fullName[(bar + 1)..]);
    }

    /// <summary>
    /// A table in which a command is found under another name only (`rename-command`), and shown by its own. When the name, <see cref="ByteText"/>, is
    /// empty, the command is gone; other commands keep their <see cref="Command.Index"/>.
    /// </summary>
    public CommandTable Rename(Command command, string name)
    {
        var names = _names.Renamed(command, name);
        if (name.Length > 0) return new(names, _all, TopLevel, Nothing);
        return new(names, Array.FindAll(_all, other => other != command && other.Container != command), Array.FindAll(TopLevel, other => other != command), Nothing);
    }

    /// <summary>A container and its subcommands need not be of one set.</summary>
    private void AdoptSubcommands()
    {
        var containers = new List<Command>();
        foreach (var command in _all)
        {
            if (!command.IsSubcommand) continue;
            var container = Find(Encoding.ASCII.GetBytes(command.FullName, 0, command.FullName.IndexOf('|')));
            if (container is null) Check.Fail($"the container of {command.FullName} is declared");
            if (container.Subcommands.Length == 0) containers.Add(container);
            container.Adopt(command);
        }
        foreach (var container in containers) container.NameSubcommands();
    }

    private sealed class NoCommands : CommandSet
    {
        public override void Declare(CommandDeclarations commands) { }

        public override ReadOnlySpan<byte> Document(int number) => default;
    }
}
