using System.Diagnostics.CodeAnalysis;
using System.Text;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>CLIENT and its subcommands.</summary>
[Command("CLIENT", Summary = "A container for client connection commands.", Since = "2.4.0", Complexity = "Depends on subcommand.",
    Flags = Sentinel)]
[CommandFamily("connection")]
internal static class ClientCommands
{
    [Command("CLIENT ID", Summary = "Returns the unique client ID of the connection.", Since = "5.0.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel)]
    internal static void Id(ref Call call) => call.Reply.Integer(call.Session.Id);

    [Command("CLIENT GETNAME", Summary = "Returns the name of the connection.", Since = "2.6.9", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel)]
    internal static void GetName(ref Call call)
    {
        if (call.Session.Name.Length == 0) call.Reply.Null();
        else call.Reply.Bulk(call.Session.Name);
    }

    [Command("CLIENT SETNAME", Summary = "Sets the connection name.", Since = "2.6.9", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel,
        Arguments = "connection-name",
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void SetName(ref Call call)
    {
        if (!IsValidName(ref call, 2)) return;
        call.Session.Name = call.Args[2].ToArray();
        call.Reply.Ok();
    }

    /// <summary>Names show up in CLIENT LIST, whose fields blanks divide; otherwise the call has failed.</summary>
    internal static bool IsValidName(ref Call call, int argument)
    {
        if (IsPrintable(call.Args[argument])) return true;
        call.Fail("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
    }

    private static bool IsPrintable(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;

    [Command("CLIENT SETINFO", Summary = "Sets information specific to the client or connection.", Since = "7.2.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel,
        Arguments = "(attr: LIB-NAME libname | LIB-VER libver)",
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void SetInfo(ref Call call)
    {
        if (!TryClient(ref call, out var client)) return;
        var isName = call.Is(2, "lib-name"u8);
        if (!isName && !call.Is(2, "lib-ver"u8))
        {
            call.Fail("ERR Unrecognized option '", 2, "'"u8);
            return;
        }
        if (!IsPrintable(call.Args[3]))
        {
            call.Fail("ERR ", 2, " cannot contain spaces, newlines or special characters."u8);
            return;
        }
        if (isName) client.LibraryName = call.Args[3].ToArray();
        else client.LibraryVersion = call.Args[3].ToArray();
        call.Reply.Ok();
    }

    [Command("CLIENT INFO", Summary = "Returns information about the connection.", Since = "6.2.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel,
        Tips = "nondeterministic_output")]
    internal static void Info(ref Call call)
    {
        if (!TryClient(ref call, out var client)) return;
        var text = new StringBuilder();
        AppendLine(ref call, text, client);
        call.Reply.Verbatim(ByteText.ToBytes(text.ToString()), "txt"u8);
    }

    [Command("CLIENT LIST", Summary = "Lists open connections.", Since = "2.4.0", Complexity = "O(N) where N is the number of client connections",
        Flags = Admin | NoScript | Loading | Stale | Sentinel,
        Arguments = "[TYPE client-type@5.0.0: NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id:integer@6.2.0...]",
        Tips = "nondeterministic_output",
        History = [
            "2.8.12: Added unique client `id` field.",
            "5.0.0: Added optional `TYPE` filter.",
            "6.0.0: Added `user` field.",
            "6.2.0: Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.",
            "7.0.0: Added `resp`, `multi-mem`, `rbs` and `rbp` fields.",
            "7.0.3: Added `ssub` field.",
            "7.2.0: Added `lib-name` and `lib-ver` fields.",
            "7.4.0: Added `watch` field.",
            "8.0.0: Added `io-thread` field."])]
    internal static void List(ref Call call)
    {
        ClientType? type = null;
        var text = new StringBuilder();
        if (call.Args.Count > 3 && call.Is(2, "id"u8))
        {
            for (var i = 3; i < call.Args.Count; i++)
            {
                if (!IntegerText.TryParse(call.Args[i], out var id))
                {
                    call.Fail("ERR Invalid client ID");
                    return;
                }
                if (call.Server().Clients.Find(id) is { } client) AppendLine(ref call, text, client);
            }
        }
        else
        {
            if (call.Args.Count == 4 && call.Is(2, "type"u8))
            {
                if (!ClientSelection.TryType(ref call, 3, out type)) return;
            }
            else if (call.Args.Count != 2)
            {
                call.FailSyntax();
                return;
            }
            foreach (var client in call.Server().Clients)
                if (type is null || client.Type == type)
                    AppendLine(ref call, text, client);
        }
        call.Reply.Verbatim(ByteText.ToBytes(text.ToString()), "txt"u8);
    }

    private static void AppendLine(ref Call call, StringBuilder text, Client client)
    {
        ClientDescription.Append(text, client, call.MonotonicMs, client == call.Session ? call.Args.TotalLength : 0);
        text.Append('\n');
    }

    [Command("CLIENT KILL", Summary = "Terminates open connections.", Since = "2.4.0", Complexity = "O(N) where N is the number of client connections",
        Flags = Admin | NoScript | Loading | Stale | Sentinel,
        Arguments = "(filter: old-format='ip:port'!2.8.12 | (new-format: [ID client-id:integer@2.8.12] | [TYPE client-type@2.8.12: NORMAL | MASTER@3.2.0 | "
            + "SLAVE | REPLICA@5.0.0 | PUBSUB] | [USER username] | [ADDR addr='ip:port'] | [LADDR laddr='ip:port'@6.2.0] | [SKIPME skipme: YES | NO] "
            + "| [MAXAGE maxage:integer@7.4.0])...)",
        Arity = -3,
        History = [
            "2.8.12: Added new filter format.",
            "2.8.12: `ID` option.",
            "3.2.0: Added `master` type in for `TYPE` option.",
            "5.0.0: Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.",
            "6.2.0: `LADDR` option.",
            "7.4.0: `MAXAGE` option."])]
    internal static void Kill(ref Call call)
    {
        if (!ClientSelection.Read(ref call, out var selection)) return;
        var server = call.Server();
        var killed = 0;
        for (var node = server.Clients.First; node is not null;)
        {
            var client = node.Value;
            node = node.Next;
            if (!selection.Fits(client, call.MonotonicMs)) continue;
            killed++;
            // Oneself only once the reply is on its way.
            if (client == call.Session) client.IsEnding = true;
            else server.Clients.Close(client);
        }
        if (call.Args.Count > 3) call.Reply.Integer(killed);
        else if (killed > 0) call.Reply.Ok();
        else call.Fail("ERR No such client");
        // What else a transaction would answer is lost.
        if (call.Session is Client { IsEnding: true } self) self.SetMuted(ref call, true);
    }

    [Command("CLIENT REPLY", Summary = "Instructs the server whether to reply to commands.", Since = "3.2.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel,
        Arguments = "(action: ON | OFF | SKIP)")]
    internal static void Reply(ref Call call)
    {
        if (!TryClient(ref call, out var client)) return;
        if (call.Is(2, "on"u8))
        {
            client.AnswerAll(ref call);
            call.Reply.Ok();
        }
        else if (call.Is(2, "off"u8)) client.AnswerNothing(ref call);
        else if (!call.Is(2, "skip"u8)) call.FailSyntax();
        else client.SkipReply();
    }

    [Command("CLIENT UNBLOCK", Summary = "Unblocks a client blocked by a blocking command from a different connection.", Since = "5.0.0",
        Complexity = "O(log N) where N is the number of client connections",
        Flags = Admin | NoScript | Loading | Stale | Sentinel,
        Arguments = "client-id:integer [unblock-type: TIMEOUT | ERROR]")]
    internal static void Unblock(ref Call call)
    {
        var withError = call.Args.Count == 4 && call.Is(3, "error"u8);
        if (call.Args.Count > 4) call.FailUnknownSubcommand(1);
        else if (call.Args.Count == 4 && !withError && !call.Is(3, "timeout"u8)) call.Fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        if (call.Failed || !call.TryInteger(2, out var id)) return;
        var isUnblocked = call.Server().Clients.Find(id) is { } client && call.Executor.BlockedClients.Unblock(client, withError);
        call.Reply.Integer(isUnblocked ? 1 : 0);
    }

    [Command("CLIENT NO-EVICT", Summary = "Sets the client eviction mode of the connection.", Since = "7.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Loading | Stale | Sentinel,
        Arguments = "(enabled: ON | OFF)")]
    internal static void NoEvict(ref Call call)
    {
        if (TryClient(ref call, out var client) && TryOnOff(ref call, out var on)) client.IsSpared = on;
    }

    [Command("CLIENT NO-TOUCH", Summary = "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.", Since = "7.2.0",
        Complexity = "O(1)",
        Flags = NoScript | Loading | Stale,
        Arguments = "(enabled: ON | OFF)")]
    internal static void NoTouch(ref Call call)
    {
        if (TryOnOff(ref call, out var on)) call.Session.LeavesNoTrace = on;
    }

    /// <summary>What a client says that it can do beyond others. There is nothing yet that would make a difference, and unknown words are none either.</summary>
    [Command("CLIENT CAPA", Summary = "A client claims its capability.", Since = "8.0.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | AllowBusy,
        Arguments = "capability...")]
    internal static void Capabilities(ref Call call) => call.Reply.Ok();

    [Command("CLIENT IMPORT-SOURCE", Summary = "Marks this client as an import source when the server is in import mode.", Since = "8.1.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale,
        Arguments = "(enabled: ON | OFF)")]
    internal static void ImportSource(ref Call call)
    {
        if (!TryClient(ref call, out var client)) return;
        if (!call.Keyspace.IsImporting && !call.Is(2, "off"u8)) call.Fail("ERR Server is not in import mode");
        else if (TryOnOff(ref call, out var on)) client.IsImportSource = on;
    }

    /// <summary>Answers OK when the argument is one of the two; otherwise the call has failed.</summary>
    private static bool TryOnOff(ref Call call, out bool on)
    {
        on = call.Is(2, "on"u8);
        if (on || call.Is(2, "off"u8)) call.Reply.Ok();
        else call.FailSyntax();
        return !call.Failed;
    }

    [Command("CLIENT HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Sentinel)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "CACHING (YES|NO)",
        "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
        "GETREDIR",
        "    Return the client ID we are redirecting to when tracking is enabled.",
        "GETNAME",
        "    Return the name of the current connection.",
        "ID",
        "    Return the ID of the current connection.",
        "INFO",
        "    Return information about the current client connection.",
        "KILL <ip:port>",
        "    Kill connection made from <ip:port>.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Kill connections. Options are:",
        "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made from the specified address",
        "    * LADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made to specified local address",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Kill connections by type.",
        "    * USER <username>",
        "      Kill connections authenticated by <username>.",
        "    * SKIPME (YES|NO)",
        "      Skip killing current connection (default: yes).",
        "    * ID <client-id>",
        "      Kill connections by client id.",
        "    * MAXAGE <maxage>",
        "      Kill connections older than the specified age.",
        "LIST [options ...]",
        "    Return information about client connections. Options:",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Return clients of specified type.",
        "UNPAUSE",
        "    Stop the current client pause, resuming traffic.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Suspend all, or just write, clients for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Control the replies sent to the current connection.",
        "SETNAME <name>",
        "    Assign the name <name> to the current connection.",
        "SETINFO <option> <value>",
        "    Set client meta attr. Options are:",
        "    * LIB-NAME: the client lib name.",
        "    * LIB-VER: the client lib version.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    Unblock the specified blocked client.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
        "         [OPTIN] [OPTOUT] [NOLOOP]",
        "    Control server assisted client side caching.",
        "TRACKINGINFO",
        "    Report tracking status for the current connection.",
        "NO-EVICT (ON|OFF)",
        "    Protect current client connection from eviction.",
        "NO-TOUCH (ON|OFF)",
        "    Will not touch LRU/LFU stats when this mode is on.");

    /// <summary>The session's connection, which an embedding program's session does not have; then the call has failed.</summary>
    internal static bool TryClient(ref Call call, [NotNullWhen(true)] out Client? client)
    {
        client = call.Session as Client;
        if (client is null) call.Fail("ERR this command needs a connection, and is run in the server's own process");
        return client is not null;
    }
}
