using System.Text;

namespace Carnelian;

/// <summary>Requests that name no command, or have too few or too many arguments: Redis' errors (server.c, commandCheckExistence).</summary>
internal static class Rejections
{
    public static void Answer(ref Call call)
    {
        call.EndsTransaction = call.Command.Has(CommandFlags.Commits);
        Fail(ref call);
        call.Executor.Rejected(ref call);
    }

    private static void Fail(ref Call call)
    {
        if (call.Command != call.Executor.Nothing)
        {
            call.FailArity();
            return;
        }
        if (call.Is(0, "post"u8) || call.Is(0, "host:"u8))
            call.Session.Abort(
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. "
                + "This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance.");
        var container = call.Commands.Find(call.Args[0]);
        if (container is null) call.Fail(UnknownCommand(ref call));
        else call.Fail($"ERR unknown subcommand '{call.Shown(1)}'. Try {call.CalledName} HELP.");
    }

    private static string UnknownCommand(ref Call call)
    {
        var shown = new StringBuilder();
        for (var i = 1; i < call.Args.Count && shown.Length < Call.ShownMax; i++)
        {
            var argument = call.Shown(i, Call.ShownMax - shown.Length);
            shown.Append('\'').Append(argument).Append("' ");
        }
        return $"ERR unknown command '{call.Shown(0)}', with args beginning with: {shown}";
    }
}
