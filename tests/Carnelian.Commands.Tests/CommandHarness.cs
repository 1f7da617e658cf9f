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

    /// <summary>Words divided by blanks; '' is an empty one.</summary>
    public static Arguments Arguments(string text) =>
        Arguments(Array.ConvertAll(text.Split(' '), word => word == "''" ? [] : Encoding.UTF8.GetBytes(word)));

    public static Arguments Arguments(byte[][] words)
    {
        var items = new Argument[words.Length];
        var bytes = new List<byte>();
        for (var i = 0; i < words.Length; i++)
        {
            items[i] = new(bytes.Count, words[i].Length);
            bytes.AddRange(words[i]);
        }
        return new(bytes.ToArray(), items);
    }

    /// <summary>The reply as text, lines divided by "\n".</summary>
    public static string Run(string request, bool resp3 = false)
    {
        var arguments = Arguments(request);
        using var world = new SimulatedWorld(1);
        using var allocator = new BlockAllocator();
        using var keyspace = new Keyspace(new KeyspaceOptions(), allocator, world.Randomness);
        var session = new TextSession(keyspace.Databases[0]) { Version = resp3 ? RespVersion.Resp3 : RespVersion.Resp2 };
        var call = new Call(new Executor(keyspace, Samples, world.Clock), session, session.Replies);
        var command = Handlers.Find(arguments)!;
        call.Begin(arguments, command);
        command.Handler!(ref call);
        call.Reply.Flush();
        return session.Text;
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

    private sealed class TextSession(Database database) : Session(database, 1)
    {
        private readonly TextSink _sink = new();

        public override string Address => "127.0.0.1:1";

        public override ReplySink Replies => _sink;

        public string Text => Encoding.UTF8.GetString(_sink.Written.WrittenSpan).Replace("\r\n", "\n");
    }

    private sealed class TextSink : ReplySink
    {
        public ArrayBufferWriter<byte> Written { get; } = new();

        public override Span<byte> Reserve(int bytes) => Written.GetSpan(bytes);

        public override void Commit(int bytes) => Written.Advance(bytes);
    }
}
