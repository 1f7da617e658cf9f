using System.Text;

namespace Carnelian;

/// <summary>Requests that name no command, or have too few or too many arguments: Redis' errors (server.c, commandCheckExistence).</summary>
internal static class Rejections
{
    private const int ShownMax = 128;

    public static void Answer(ref Call call)
    {
        if (call.Command != call.Executor.Nothing)
        {
            call.Executor.Statistics[call.Command.Index].Rejected++;
            call.Fail($"ERR wrong number of arguments for '{call.Command.FullName}' command");
            return;
        }
        var container = call.Commands.Find(call.Args[0]);
        if (container is null) call.Fail(UnknownCommand(call.Args));
        else call.Fail($"ERR unknown subcommand '{Shown(call.Args[1], ShownMax)}'. Try {container.Name.ToUpperInvariant()} HELP.");
    }

    private static string UnknownCommand(Arguments arguments)
    {
        var shown = new StringBuilder();
        for (var i = 1; i < arguments.Count && shown.Length < ShownMax; i++)
        {
            var argument = Shown(arguments[i], ShownMax - shown.Length);
            shown.Append('\'').Append(argument).Append("' ");
        }
        return $"ERR unknown command '{Shown(arguments[0], ShownMax)}', with args beginning with: {shown}";
    }

    /// <summary>A C string's worth of an argument: up to a NUL, and no more than so many bytes.</summary>
    private static string Shown(ReadOnlySpan<byte> argument, int bytesMax)
    {
        var end = argument.IndexOf((byte)0);
        if (end >= 0) argument = argument[..end];
        return ByteText.FromBytes(argument[..Math.Min(argument.Length, bytesMax)]);
    }
}
