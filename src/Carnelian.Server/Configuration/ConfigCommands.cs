using Microsoft.Extensions.Logging;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>CONFIG and its subcommands.</summary>
[Command("CONFIG", Summary = "A container for server configuration commands.", Since = "2.0.0", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class ConfigCommands
{
    [Command("CONFIG GET", Summary = "Returns the effective values of configuration parameters.", Since = "2.0.0",
        Complexity = "O(N) when N is the number of configuration parameters provided",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "parameter...",
        History = [
            "7.0.0: Added the ability to pass multiple pattern parameters in one call"])]
    internal static void Get(ref Call call)
    {
        var found = call.Server().Directives.Get(Texts(ref call));
        call.Reply.Map(found.Count);
        foreach (var (name, value) in found)
        {
            call.Reply.Bulk(name);
            call.Reply.Bulk(value);
        }
    }

    [Command("CONFIG SET", Summary = "Sets configuration parameters in-flight.", Since = "2.0.0",
        Complexity = "O(N) when N is the number of configuration parameters provided",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "(data: parameter value)...",
        Tips = "request_policy:all_nodes response_policy:all_succeeded",
        History = [
            "7.0.0: Added the ability to set multiple parameters in one call."])]
    internal static void Set(ref Call call)
    {
        Redact(ref call);
        var server = call.Server();
        var allowProtected = server.Allows(server.Options.ProtectedConfigurations, call.Session);
        var pairs = Texts(ref call);
        if (BindLookup.TryBegin(ref call, pairs, Apply)) return;
        if (Apply() is { } error) call.Fail(error);
        else call.Reply.Ok();

        string? Apply() => server.Directives.Set(pairs, loading: server.Loading.IsOn, allowProtected: allowProtected);
    }

    /// <summary>Passwords are secrets also where the request is wrong.</summary>
    private static void Redact(ref Call call)
    {
        if (call.Args.Count % 2 != 0) return;
        for (var i = 2; i < call.Args.Count; i += 2)
            if (call.Server().Directives.Find(ByteText.FromBytes(call.Args[i]))?.Has(DirectiveFlags.Sensitive) == true)
                call.Redact(i + 1);
    }

    [Command("CONFIG RESETSTAT", Summary = "Resets the server's statistics.", Since = "2.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Loading | Stale,
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void ResetStatistics(ref Call call)
    {
        var server = call.Server();
        server.ResetStatistics();
        call.Reply.Ok();
    }

    [Command("CONFIG REWRITE", Summary = "Persists the effective configuration to file.", Since = "2.8.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Loading | Stale,
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void Rewrite(ref Call call) => Rewrite(ref call, all: false);

    /// <param name="all">Default values too.</param>
    internal static void Rewrite(ref Call call, bool all)
    {
        var server = call.Server();
        if (server.Options.ConfigurationFile is not { } path)
        {
            call.Fail("ERR The server is running without a config file");
            return;
        }
        var status = ConfigurationRewriter.Rewrite(server.Directives, server.World.Disk, path, all);
        if (!status.Ok)
        {
            server.Log.LogWarning("CONFIG REWRITE failed: {Error}", status.Error);
            call.Fail($"ERR Rewriting config file: {status.Error}");
            return;
        }
        server.Log.LogInformation("CONFIG REWRITE executed with success.");
        call.Reply.Ok();
    }

    [Command("CONFIG HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.");

    /// <summary>The arguments behind the subcommand, as byte text.</summary>
    private static string[] Texts(ref Call call)
    {
        var texts = new string[call.Args.Count - 2];
        for (var i = 0; i < texts.Length; i++) texts[i] = ByteText.FromBytes(call.Args[i + 2]);
        return texts;
    }
}
