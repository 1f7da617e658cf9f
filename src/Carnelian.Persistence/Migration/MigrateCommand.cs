using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Keys that go to another server.</summary>
[CommandFamily("generic")]
internal static class MigrateCommand
{
    [Command("MIGRATE", Summary = "Atomically transfers a key from one Redis instance to another.", Since = "2.6.0",
        Complexity = "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these "
            + "commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
        Flags = Write, Categories = "keyspace dangerous", Keys = "3 RW access delete; KEYS@-2..-1 RW access delete incomplete",
        KeysFrom = nameof(KeyExtractors.Migrate),
        Arguments = "host port:integer (key-selector: key | empty-string:'') destination-db:integer timeout:integer [COPY@3.0.0] [REPLACE@3.0.0] "
            + "[authentication: AUTH auth='password'@4.0.7 | (AUTH2 auth2@6.0.0: username password)] [KEYS keys='key':key@3.0.6...]",
        Tips = "nondeterministic_output",
        History = [
            "3.0.0: Added the `COPY` and `REPLACE` options.",
            "3.0.6: Added the `KEYS` option.",
            "4.0.7: Added the `AUTH` option.",
            "6.0.0: Added the `AUTH2` option."])]
    internal static void Migrate(ref Call call)
    {
        var options = MigrateOptions.Read(ref call);
        if (call.Failed) return;
        var migrations = call.Executor.Services.Get<Migrations>();
        if (migrations.Ending is { } ended)
        {
            ended.Answer(ref call);
            return;
        }
        var keys = FindKeys(ref call, options);
        if (keys.Length == 0) call.Reply.Simple("NOKEY"u8);
        else if (!call.MayBlock) call.Fail("ERR MIGRATE has to wait for the other server, which a transaction or a script can't");
        else migrations.Begin(ref call, options, keys);
    }

    /// <summary>The arguments whose keys are there.</summary>
    private static int[] FindKeys(ref Call call, MigrateOptions options)
    {
        var keys = new int[options.EndOfKeys - options.FirstKey];
        var found = 0;
        for (var i = options.FirstKey; i < options.EndOfKeys; i++)
        {
            call.FetchAhead(i, options.EndOfKeys);
            if (call.Find(i).Exists) keys[found++] = i;
        }
        return keys[..found];
    }
}
