using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Runs COMMAND's handlers over the sample commands, and reads recorded exchanges with a reference server.</summary>
internal static class CommandHarness
{
    public static readonly CommandTable Samples = new(CommandTableKind.Server, new SampleCommands());

    private static readonly CommandTable Handlers = new(CommandTableKind.Server, new DataCommands());

    public static Command Sample(string fullName) => Samples.FindFullName(Encoding.ASCII.GetBytes(fullName))!;

    public static byte[][] Words(string text) =>
        Array.ConvertAll(text.Split(' '), word => word == "''" ? [] : Encoding.UTF8.GetBytes(word));

    /// <summary>The reply as text, lines divided by "\n".</summary>
    public static string Run(string request, bool resp3 = false)
    {
        var words = Words(request);
        var output = new ArrayBufferWriter<byte>();
        var call = new Call { Args = new Arguments(words), Reply = new ReplyWriter(output, resp3), Commands = Samples };
        Handlers.Find(call.Args)!.Handler!(ref call);
        return Encoding.UTF8.GetString(output.WrittenSpan).Replace("\r\n", "\n");
    }

    /// <summary>Requests ("3>" before those in RESP3) and replies.</summary>
    public static IEnumerable<(string Request, bool Resp3, string Reply)> Recorded(string name)
    {
        using var stream = typeof(CommandHarness).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        // An empty bulk string is an empty line too: only one before a request divides.
        foreach (var exchange in Regex.Split(reader.ReadToEnd(), "\n\n(?=3?> )")[1..])
        {
            var end = exchange.IndexOf('\n');
            var start = exchange.IndexOf("> ", StringComparison.Ordinal) + 2;
            yield return (exchange[start..end], exchange[0] == '3', exchange[(end + 1)..].TrimEnd('\n') + "\n");
        }
    }
}
