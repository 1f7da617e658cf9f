using System.Security.Cryptography;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on the connection itself.</summary>
[CommandFamily("connection")]
internal static class ConnectionCommands
{
    private const string WrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

    [Command("PING", Summary = "Returns the server's liveliness response.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Fast | Sentinel | ForSubscribers,
        Arguments = "[message]",
        Tips = "request_policy:all_shards response_policy:all_succeeded")]
    internal static void Ping(ref Call call)
    {
        if (call.Args.Count > 2) call.FailArity();
        else if ((call.Session.ClosedGates & Gates.SubscriberMode) != 0 && !call.Reply.IsResp3) AnswerSubscriber(ref call);
        else if (call.Args.Count == 2) call.Reply.Bulk(call.Args[1]);
        else call.Reply.Raw("+PONG\r\n"u8);
    }

    /// <summary>In the form of a message, as all that a subscriber gets in RESP2.</summary>
    private static void AnswerSubscriber(ref Call call)
    {
        call.Reply.Array(2);
        call.Reply.Bulk("pong"u8);
        call.Reply.Bulk(call.Args.Count == 2 ? call.Args[1] : default);
    }

    [Command("ECHO", Summary = "Returns the given string.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Fast,
        Arguments = "message")]
    internal static void Echo(ref Call call) => call.Reply.Bulk(call.Args[1]);

    [Command("QUIT", Summary = "Closes the connection.", Since = "1.0.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | NeverQueued | ForSubscribers, Arity = -1, DeprecatedSince = "7.2.0", ReplacedBy = "just closing the connection")]
    internal static void Quit(ref Call call)
    {
        call.Reply.Ok();
        call.Session.IsEnding = true;
    }

    [Command("RESET", Summary = "Resets the connection.", Since = "6.2.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | NeverQueued | ForSubscribers)]
    internal static void Reset(ref Call call)
    {
        var session = call.Session;
        call.Executor.Transactions.Discard(session);
        session.Database = call.Keyspace.Databases[0];
        session.Version = call.Reply.Version = RespVersion.Resp2;
        session.Name = [];
        // What the session may do is once more what a new one may.
        if (session is Client client)
        {
            if (call.Server().Options.Password is not null) session.ClosedGates |= Gates.Authentication;
            client.ResetModes(ref call);
            call.Server().Subscriptions.RemoveAll(client);
            call.Server().Monitors.Remove(client);
            client.OnSubscriptionsChanged();
        }
        call.Reply.Simple("RESET"u8);
    }

    [Command("SELECT", Summary = "Changes the selected database.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Fast,
        Arguments = "index:integer")]
    internal static void Select(ref Call call)
    {
        if (!call.TryInt(1, out var number) || number != 0 && call.FailsInCluster() || !call.TryDatabase(1, out var database)) return;
        call.Session.Database = database;
        call.Reply.Ok();
    }

    [Command("AUTH", Summary = "Authenticates the connection.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of passwords defined for the user",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | Sentinel,
        Arguments = "[username@6.0.0] password",
        History = [
            "6.0.0: Added ACL style (username and password)."])]
    internal static void Authenticate(ref Call call)
    {
        for (var i = 1; i < call.Args.Count; i++) call.Redact(i);
        if (call.Args.Count > 3)
        {
            call.FailSyntax();
            return;
        }
        var server = call.Server();
        if (call.Args.Count == 2 && server.Options.Password is null)
        {
            call.Fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?");
            return;
        }
        var isDefault = call.Args.Count == 2 || call.Args[1].SequenceEqual("default"u8);
        if (TryAuthenticate(ref call, isDefault, call.Args[call.Args.Count - 1])) call.Reply.Ok();
        else call.Fail(WrongPassword);
    }

    /// <summary>Without a password set, the default user is let in with any.</summary>
    private static bool TryAuthenticate(ref Call call, bool isDefault, ReadOnlySpan<byte> password)
    {
        var server = call.Server();
        var wanted = server.Options.Password;
        if (!isDefault || (wanted is not null && !CryptographicOperations.FixedTimeEquals(password, wanted)))
        {
            server.Statistics.AuthenticationsDenied++;
            return false;
        }
        call.Session.ClosedGates &= ~Gates.Authentication;
        return true;
    }

    [Command("HELLO", Summary = "Handshakes with the Redis server.", Since = "6.0.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | Sentinel,
        Arguments = "[arguments: protover:integer [AUTH auth: username password] [SETNAME clientname]]",
        History = [
            "6.2.0: `protover` made optional; when called without arguments the command reports the current connection's context."])]
    internal static void Hello(ref Call call)
    {
        var options = HelloOptions.Read(ref call);
        if (call.Failed) return;
        if (options.User > 0 && !TryAuthenticate(ref call, call.Args[options.User].SequenceEqual("default"u8), call.Args[options.User + 1]))
        {
            call.Fail(WrongPassword);
            return;
        }
        if ((call.Session.ClosedGates & Gates.Authentication) != 0)
        {
            call.Fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used "
                + "to authenticate the client and select the RESP protocol version at the same time");
            return;
        }
        if (options.Name > 0) call.Session.Name = call.Args[options.Name].ToArray();
        call.Session.Version = call.Reply.Version = options.Version;
        Greet(ref call);
    }

    /// <summary>"[version [AUTH user password] [SETNAME name]]": the version, and which arguments the user and the name are, or 0.</summary>
    private readonly record struct HelloOptions(RespVersion Version, int User, int Name)
    {
        public static HelloOptions Read(ref Call call)
        {
            var options = new HelloOptions(call.Session.Version, 0, 0);
            if (call.Args.Count == 1) return options;
            if (!IntegerText.TryParse(call.Args[1], out var version)) call.Fail("ERR Protocol version is not an integer or out of range");
            else if (version is not (2 or 3)) call.Fail("NOPROTO unsupported protocol version");
            options = options with { Version = (RespVersion)version };
            var reader = new OptionReader(call.Args, 2);
            while (!call.Failed && reader.Next())
            {
                if (reader.Takes("auth"u8, out var argument, values: 2))
                {
                    options = options with { User = argument };
                    call.Redact(argument);
                    call.Redact(argument + 1);
                }
                else if (reader.Takes("setname"u8, out argument))
                {
                    options = options with { Name = argument };
                    ClientCommands.IsValidName(ref call, argument);
                }
                else call.Fail("ERR Syntax error in HELLO option '", reader.At, "'"u8);
            }
            return options;
        }
    }

    private static void Greet(ref Call call)
    {
        call.Reply.Map(7);
        call.Reply.Bulk("server"u8);
        call.Reply.Bulk("redis"u8);
        call.Reply.Bulk("version"u8);
        call.Reply.Bulk(Release.RedisVersion);
        call.Reply.Bulk("proto"u8);
        call.Reply.Integer((long)call.Session.Version);
        call.Reply.Bulk("id"u8);
        call.Reply.Integer(call.Session.Id);
        call.Reply.Bulk("mode"u8);
        call.Reply.Bulk("standalone"u8);
        call.Reply.Bulk("role"u8);
        call.Reply.Bulk("master"u8);
        call.Reply.Bulk("modules"u8);
        call.Reply.Array(0);
    }
}
