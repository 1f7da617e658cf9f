using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>What clients and tools ask of users, modules and tracking, where there is but the default user and neither of the others.</summary>
[CommandFamily("server")]
[Command("ACL", Summary = "A container for Access List Control commands.", Since = "6.0.0", Complexity = "Depends on subcommand.",
    Flags = CommandFlags.Sentinel)]
[Command("MODULE", Summary = "A container for module commands.", Since = "4.0.0", Complexity = "Depends on subcommand.")]
internal static class OtherCommands
{
    [Command("ACL WHOAMI", Summary = "Returns the authenticated username of the current connection.", Since = "6.0.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Sentinel)]
    internal static void WhoAmI(ref Call call) => call.Reply.Bulk("default"u8);

    [Command("MODULE LIST", Summary = "Returns all loaded modules.", Since = "4.0.0", Complexity = "O(N) where N is the number of loaded modules.",
        Flags = Admin | NoScript,
        Tips = "nondeterministic_output_order")]
    internal static void Modules(ref Call call) => call.Reply.Array(0);

    [Command("CLIENT TRACKING", Summary = "Controls server-assisted client-side caching for the connection.", Since = "6.0.0",
        Complexity = "O(1). Some options may introduce additional complexity.", Group = "connection",
        Flags = NoScript | Loading | Stale | Sentinel,
        Arguments = "(status: ON | OFF) [REDIRECT client-id:integer] [PREFIX... prefix] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]")]
    internal static void Tracking(ref Call call)
    {
        if (call.Is(2, "off"u8)) call.Reply.Ok();
        else if (call.Is(2, "on"u8)) call.Fail("ERR CLIENT TRACKING is not there yet");
        else call.FailSyntax();
    }

    [Command("CLIENT TRACKINGINFO", Summary = "Returns information about server-assisted client-side caching for the connection.", Since = "6.2.0",
        Complexity = "O(1)", Group = "connection",
        Flags = NoScript | Loading | Stale | Sentinel)]
    internal static void TrackingInfo(ref Call call)
    {
        call.Reply.Map(3);
        call.Reply.Bulk("flags"u8);
        call.Reply.Set(1);
        call.Reply.Bulk("off"u8);
        call.Reply.Bulk("redirect"u8);
        call.Reply.Integer(-1);
        call.Reply.Bulk("prefixes"u8);
        call.Reply.Array(0);
    }

    [Command("CLIENT GETREDIR", Summary = "Returns the client ID to which the connection's tracking notifications are redirected.", Since = "6.0.0",
        Complexity = "O(1)", Group = "connection",
        Flags = NoScript | Loading | Stale | Sentinel)]
    internal static void Redirection(ref Call call) => call.Reply.Integer(-1);

    [Command("CLIENT CACHING", Summary = "Instructs the server whether to track the keys in the next request.", Since = "6.0.0", Complexity = "O(1)",
        Group = "connection",
        Flags = NoScript | Loading | Stale | Sentinel,
        Arguments = "(mode: YES | NO)")]
    internal static void Caching(ref Call call) =>
        call.Fail("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
}
