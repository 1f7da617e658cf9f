using System.Diagnostics.CodeAnalysis;
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
            call.Fail($"ERR Unrecognized option '{call.Shown(2)}'");
            return;
        }
        if (!IsPrintable(call.Args[3]))
        {
            call.Fail($"ERR {call.Shown(2)} cannot contain spaces, newlines or special characters.");
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
        if (TryClient(ref call, out var client)) call.Reply.Verbatim(ByteText.ToBytes(ClientDescription.Of(client, call.NowMs) + "\n"), "txt"u8);
    }

    [Command("CLIENT HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Sentinel)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call.Reply, "CLIENT",
        "GETNAME",
        "    Return the name of the current connection.",
        "ID",
        "    Return the ID of the current connection.",
        "INFO",
        "    Return information about the current client connection.",
        "SETNAME <name>",
        "    Assign the name <name> to the current connection.",
        "SETINFO <option> <value>",
        "    Set client meta attr. Options are:",
        "    * LIB-NAME: the client lib name.",
        "    * LIB-VER: the client lib version.");

    /// <summary>The session's connection, which an embedding program's session does not have; then the call has failed.</summary>
    private static bool TryClient(ref Call call, [NotNullWhen(true)] out Client? client)
    {
        client = call.Session as Client;
        if (client is null) call.Fail("ERR this command needs a connection, and is run in the server's own process");
        return client is not null;
    }
}
