using System.Numerics;

namespace Carnelian;

/// <summary>How a command describes itself to clients: the entries of COMMAND INFO and COMMAND DOCS, as Redis 8 writes them.</summary>
public static class CommandReplies
{
    private static readonly string[] _argumentFlagTexts = ["optional", "multiple", "multiple_token"];

    /// <summary>One entry of COMMAND INFO; null for a command that does not exist.</summary>
    public static void WriteInfo(ref ReplyWriter reply, Command? command)
    {
        if (command is null)
        {
            reply.Null();
            return;
        }
        reply.Array(10);
        reply.Bulk(command.FullName);
        reply.Integer(command.Arity);
        WriteFlags(ref reply, (ulong)command.Flags, CommandFlagNames.All);
        reply.Integer(command.LegacyRange.First);
        reply.Integer(command.LegacyRange.Last);
        reply.Integer(command.LegacyRange.Step);
        WriteCategories(ref reply, command.Categories);
        WriteTips(ref reply, command.Documentation.Tips);
        reply.Set(command.KeySpecs.Length);
        foreach (var spec in command.KeySpecs) WriteKeySpec(ref reply, spec);
        if (command.Subcommands.Length == 0) reply.Set(0);
        else reply.Array(command.Subcommands.Length);
        foreach (var subcommand in command.Subcommands) WriteInfo(ref reply, subcommand);
    }

    /// <summary>The value of one entry of COMMAND DOCS.</summary>
    public static void WriteDocs(ref ReplyWriter reply, Command command)
    {
        var docs = command.Documentation;
        var arguments = docs.ParseArguments(command.KeySpecs.Length);
        var (deprecated, history) = (!docs.DeprecatedSince.IsEmpty, docs.History.Count());
        reply.Map(
            1 + Given(docs.Summary) + Given(docs.Since) + Given(docs.Complexity) + Given(docs.Module) + (deprecated || docs.IsSystemCommand ? 1 : 0)
            + Given(docs.DeprecatedSince) + Given(docs.ReplacedBy) + Math.Min(history, 1) + Math.Min(arguments.Length, 1)
            + Math.Min(command.Subcommands.Length, 1));
        WriteField(ref reply, "summary", docs.Summary);
        WriteField(ref reply, "since", docs.Since);
        WriteField(ref reply, "group", docs.Group);
        WriteField(ref reply, "complexity", docs.Complexity);
        WriteField(ref reply, "module", docs.Module);
        if (deprecated || docs.IsSystemCommand)
        {
            reply.Bulk("doc_flags");
            WriteFlags(ref reply, (deprecated ? 1UL : 0) | (docs.IsSystemCommand ? 2UL : 0), ["deprecated", "syscmd"]);
        }
        WriteField(ref reply, "deprecated_since", docs.DeprecatedSince);
        WriteField(ref reply, "replaced_by", docs.ReplacedBy);
        if (history > 0) WriteHistory(ref reply, docs.History, history);
        if (arguments.Length > 0)
        {
            reply.Bulk("arguments");
            WriteArguments(ref reply, arguments);
        }
        if (command.Subcommands.Length > 0)
        {
            reply.Bulk("subcommands");
            reply.Map(command.Subcommands.Length);
            foreach (var subcommand in command.Subcommands)
            {
                reply.Bulk(subcommand.FullName);
                WriteDocs(ref reply, subcommand);
            }
        }
    }

    /// <summary>The names of bits as a set of simple strings; bits beyond the names are not shown.</summary>
    public static void WriteFlags(ref ReplyWriter reply, ulong flags, scoped ReadOnlySpan<string> names)
    {
        flags &= (1UL << names.Length) - 1;
        reply.Set(BitOperations.PopCount(flags));
        for (var i = 0; i < names.Length; i++)
            if ((flags >> i & 1) != 0)
                reply.Simple(names[i]);
    }

    /// <summary>The flags of a key, as key specs and COMMAND GETKEYSANDFLAGS show them.</summary>
    public static void WriteKeyFlags(ref ReplyWriter reply, KeyFlags flags) => WriteFlags(ref reply, (ulong)flags, KeySpec.FlagNames);

    /// <summary>The reply of a container's HELP: a headline with the name it was called by, the given lines, and HELP itself.</summary>
    public static void WriteHelp(ref Call call, params scoped ReadOnlySpan<string> lines)
    {
        ref var reply = ref call.Reply;
        reply.Array(lines.Length + 3);
        reply.Simple(call.CalledName + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        foreach (var line in lines) reply.Simple(line);
        reply.Simple("HELP");
        reply.Simple("    Print this help.");
    }

    private static int Given(ReadOnlySpan<byte> value) => value.IsEmpty ? 0 : 1;

    private static int Given(object? value) => value is null ? 0 : 1;

    private static void WriteField(ref ReplyWriter reply, string name, scoped ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        reply.Bulk(name);
        reply.Bulk(value);
    }

    private static void WriteField(ref ReplyWriter reply, string name, string? value)
    {
        if (value is null) return;
        reply.Bulk(name);
        reply.Bulk(value);
    }

    private static void WriteCategories(ref ReplyWriter reply, AclCategories categories)
    {
        reply.Set(BitOperations.PopCount((ulong)categories));
        for (var i = 0; i < AclCategoryNames.All.Length; i++)
            if (((ulong)categories >> i & 1) != 0)
                reply.Simple("@" + AclCategoryNames.All[i]);
    }

    private static void WriteTips(ref ReplyWriter reply, scoped ReadOnlySpan<byte> tips)
    {
        reply.Set(tips.IsEmpty ? 0 : tips.Count((byte)' ') + 1);
        if (tips.IsEmpty) return;
        foreach (var tip in tips.Split((byte)' ')) reply.Bulk(tips[tip]);
    }

    private static void WriteHistory(ref ReplyWriter reply, scoped CommandDocumentation.Fields history, int count)
    {
        reply.Bulk("history");
        reply.Set(count);
        foreach (var entry in history)
        {
            var colon = entry.IndexOf((byte)':');
            reply.Array(2);
            reply.Bulk(entry[..colon]);
            reply.Bulk(entry[(colon + 2)..]);
        }
    }

    private static void WriteKeySpec(ref ReplyWriter reply, KeySpec spec)
    {
        reply.Map(3 + Given(spec.Notes));
        WriteField(ref reply, "notes", spec.Notes);
        reply.Bulk("flags");
        WriteKeyFlags(ref reply, spec.Flags);

        reply.Bulk("begin_search");
        switch (spec.Begin)
        {
            case KeyBegin.Index:
                WriteSearch(ref reply, "index", 1);
                WriteNumber(ref reply, "index", spec.Index);
                break;
            case KeyBegin.Keyword:
                WriteSearch(ref reply, "keyword", 2);
                WriteField(ref reply, "keyword", spec.Keyword);
                WriteNumber(ref reply, "startfrom", spec.Index);
                break;
            default:
                WriteSearch(ref reply, "unknown", 0);
                break;
        }

        reply.Bulk("find_keys");
        switch (spec.Find)
        {
            case KeyFind.Range:
                WriteSearch(ref reply, "range", 3);
                WriteNumber(ref reply, "lastkey", spec.Last);
                WriteNumber(ref reply, "keystep", spec.Step);
                WriteNumber(ref reply, "limit", spec.Limit);
                break;
            case KeyFind.KeyCount:
                WriteSearch(ref reply, "keynum", 3);
                WriteNumber(ref reply, "keynumidx", spec.CountAt);
                WriteNumber(ref reply, "firstkey", spec.First);
                WriteNumber(ref reply, "keystep", spec.Step);
                break;
            default:
                WriteSearch(ref reply, "unknown", 0);
                break;
        }
    }

    private static void WriteSearch(ref ReplyWriter reply, string type, int fields)
    {
        reply.Map(2);
        WriteField(ref reply, "type", type);
        reply.Bulk("spec");
        reply.Map(fields);
    }

    private static void WriteNumber(ref ReplyWriter reply, string name, int value)
    {
        reply.Bulk(name);
        reply.Integer(value);
    }

    private static void WriteArguments(ref ReplyWriter reply, ArgumentNode[] arguments)
    {
        reply.Array(arguments.Length);
        foreach (var argument in arguments) WriteArgument(ref reply, argument);
    }

    private static void WriteArgument(ref ReplyWriter reply, ArgumentNode argument)
    {
        var (isKey, isGroup) = (argument.KeySpecIndex >= 0, argument.Children.Length > 0);
        reply.Map(
            2 + Given(argument.DisplayText) + (isKey ? 1 : 0) + Given(argument.Token) + Given(argument.Summary) + Given(argument.Since)
            + Given(argument.DeprecatedSince) + (argument.Flags != 0 ? 1 : 0) + (isGroup ? 1 : 0));
        WriteField(ref reply, "name", argument.Name);
        WriteField(ref reply, "type", ArgumentSyntax.TypeNames[(int)argument.Type]);
        WriteField(ref reply, "display_text", argument.DisplayText);
        if (isKey) WriteNumber(ref reply, "key_spec_index", argument.KeySpecIndex);
        WriteField(ref reply, "token", argument.Token);
        WriteField(ref reply, "summary", argument.Summary);
        WriteField(ref reply, "since", argument.Since);
        WriteField(ref reply, "deprecated_since", argument.DeprecatedSince);
        if (argument.Flags != 0)
        {
            reply.Bulk("flags");
            WriteFlags(ref reply, (ulong)argument.Flags, _argumentFlagTexts);
        }
        if (isGroup)
        {
            reply.Bulk("arguments");
            WriteArguments(ref reply, argument.Children);
        }
    }
}
