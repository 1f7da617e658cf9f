using System.Text;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>COMMAND and its subcommands: what clients can learn about the command table.</summary>
[CommandFamily("server")]
internal static class CommandCommands
{
    [Command("COMMAND", Summary = "Returns detailed information about all commands.", Since = "2.8.13",
        Complexity = "O(N) where N is the total number of Redis commands",
        Flags = Loading | Stale | Sentinel, Categories = "connection", Arity = -1,
        Tips = "nondeterministic_output_order")]
    internal static void Command(ref Call call) => WriteAllInfo(ref call);

    [Command("COMMAND COUNT", Summary = "Returns a count of commands.", Since = "2.8.13", Complexity = "O(1)",
        Flags = Loading | Stale | Sentinel, Categories = "connection")]
    internal static void Count(ref Call call) => call.Reply.Integer(call.Commands.TopLevel.Length);

    [Command("COMMAND INFO", Summary = "Returns information about one, multiple or all commands.", Since = "2.8.13",
        Complexity = "O(N) where N is the number of commands to look up",
        Flags = Loading | Stale | Sentinel, Categories = "connection",
        Arguments = "[command-name...]",
        Tips = "nondeterministic_output_order",
        History = [
            "7.0.0: Allowed to be called with no argument to get info on all commands."])]
    internal static void Info(ref Call call)
    {
        if (call.Args.Count == 2)
        {
            WriteAllInfo(ref call);
            return;
        }
        call.Reply.Array(call.Args.Count - 2);
        for (var i = 2; i < call.Args.Count; i++) CommandReplies.WriteInfo(ref call.Reply, call.Commands.FindFullName(call.Args[i]));
    }

    [Command("COMMAND DOCS", Summary = "Returns documentary information about one, multiple or all commands.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of commands to look up",
        Flags = Loading | Stale | Sentinel, Categories = "connection",
        Arguments = "[command-name...]",
        Tips = "nondeterministic_output_order")]
    internal static void Docs(ref Call call)
    {
        var commands = call.Commands;
        var args = call.Args;
        if (args.Count == 2)
        {
            call.Reply.Map(commands.TopLevel.Length);
            foreach (var command in commands.TopLevel) WriteNamedDocs(ref call, command);
            return;
        }
        var found = 0;
        for (var i = 2; i < args.Count; i++) found += commands.FindFullName(args[i]) is null ? 0 : 1;
        call.Reply.Map(found);
        for (var i = 2; i < args.Count; i++)
            if (commands.FindFullName(args[i]) is { } command)
                WriteNamedDocs(ref call, command);
    }

    [Command("COMMAND LIST", Summary = "Returns a list of command names.", Since = "7.0.0",
        Complexity = "O(N) where N is the total number of Redis commands",
        Flags = Loading | Stale | Sentinel, Categories = "connection",
        Arguments = "[FILTERBY filterby: MODULE module-name | ACLCAT category | PATTERN pattern]",
        Tips = "nondeterministic_output_order")]
    internal static void List(ref Call call)
    {
        if (!Filter.Read(ref call, out var filter))
        {
            call.FailSyntax();
            return;
        }
        var count = 0;
        foreach (var command in call.Commands.All) count += filter.Accepts(command) ? 1 : 0;
        call.Reply.Array(count);
        foreach (var command in call.Commands.All)
            if (filter.Accepts(command))
                call.Reply.Bulk(command.FullName);
    }

    [Command("COMMAND GETKEYS", Summary = "Extracts the key names from an arbitrary command.", Since = "2.8.13",
        Complexity = "O(N) where N is the number of arguments to the command",
        Flags = Loading | Stale | Sentinel, Categories = "connection",
        Arguments = "command [arg...]")]
    internal static void GetKeys(ref Call call)
    {
        var arguments = call.Args.Slice(2);
        if (!TryFindKeys(ref call, arguments, out var keys)) return;
        call.Reply.Array(keys.KeyCount);
        foreach (var key in keys) call.Reply.Bulk(arguments[key.Position]);
    }

    [Command("COMMAND GETKEYSANDFLAGS", Summary = "Extracts the key names and access flags for an arbitrary command.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of arguments to the command",
        Flags = Loading | Stale | Sentinel, Categories = "connection",
        Arguments = "command [arg...]")]
    internal static void GetKeysAndFlags(ref Call call)
    {
        var arguments = call.Args.Slice(2);
        if (!TryFindKeys(ref call, arguments, out var keys)) return;
        call.Reply.Array(keys.KeyCount);
        foreach (var key in keys)
        {
            call.Reply.Array(2);
            call.Reply.Bulk(arguments[key.Position]);
            CommandReplies.WriteKeyFlags(ref call.Reply, key.Flags);
        }
    }

    [Command("COMMAND HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Sentinel, Categories = "connection")]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.");

    private static void WriteAllInfo(ref Call call)
    {
        call.Reply.Array(call.Commands.TopLevel.Length);
        foreach (var command in call.Commands.TopLevel) CommandReplies.WriteInfo(ref call.Reply, command);
    }

    private static void WriteNamedDocs(ref Call call, Command command)
    {
        call.Reply.Bulk(command.FullName);
        CommandReplies.WriteDocs(ref call.Reply, command);
    }

    /// <summary>Finds the keys of a request that is given as arguments; otherwise the call has failed.</summary>
    private static bool TryFindKeys(ref Call call, Arguments arguments, out KeyRanges keys)
    {
        keys = default;
        var command = call.Commands.Find(arguments);
        if (command is null) call.Fail("ERR Invalid command specified");
        else if (!command.HasKeys) call.Fail("ERR The command has no key arguments");
        else if (!command.AcceptsCount(arguments.Count)) call.Fail("ERR Invalid number of arguments specified for command");
        else if ((command.FindKeys(arguments, out keys) && keys.KeyCount > 0) || command.Has(NoMandatoryKeys)) return true;
        else call.Fail("ERR Invalid arguments specified for command");
        return false;
    }

    /// <summary>What COMMAND LIST is to show: everything, or FILTERBY a module, an ACL category or a pattern.</summary>
    private readonly ref struct Filter(char kind, AclCategories category, ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;

        public static bool Read(ref Call call, out Filter filter)
        {
            var args = call.Args;
            filter = default;
            if (args.Count == 2) return true;
            if (args.Count != 5 || !Ascii.EqualsIgnoreCase(args[2], "filterby")) return false;
            if (Ascii.EqualsIgnoreCase(args[3], "module")) filter = new('m', default, ByteText.UpToNul(args[4]));
            else if (Ascii.EqualsIgnoreCase(args[3], "aclcat")) filter = new('c', AclCategoryNames.Find(call.Shown(4)), default);
            else if (Ascii.EqualsIgnoreCase(args[3], "pattern")) filter = new('p', default, args[4]);
            else return false;
            return true;
        }

        public bool Accepts(Command command) => kind switch
        {
            'm' => command.Has(Module) && command.Documentation.Module.SequenceEqual(_text),
            'c' => (command.Categories & category) != 0,
            'p' => MatchesName(command.FullName),
            _ => true,
        };

        private bool MatchesName(string fullName)
        {
            Span<byte> name = stackalloc byte[fullName.Length];
            Encoding.ASCII.GetBytes(fullName, name);
            return GlobPattern.Matches(_text, name, ignoreCase: true);
        }
    }
}
