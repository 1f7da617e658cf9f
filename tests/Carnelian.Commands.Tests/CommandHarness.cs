using System.Buffers;
using System.Text;

namespace Carnelian.Tests;

/// <summary>Runs COMMAND's handlers over the data commands and those that are still to come, without a server.</summary>
internal static class CommandHarness
{
    public static readonly CommandTable Table = new(CommandTableKind.Server, new DataCommands(), new FutureCommands());

    public static Command Find(string fullName) => Table.FindFullName(Encoding.ASCII.GetBytes(fullName))!;

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
    public static string Run(string request, bool resp3 = false) => Encoding.UTF8.GetString(Run(Arguments(request), resp3)).Replace("\r\n", "\n");

    public static byte[] Run(Arguments arguments, bool resp3) => Run(arguments, Table.Find(arguments)!.Handler!, resp3);

    /// <summary>Runs any handler, of a command that need not be in the table.</summary>
    public static byte[] Run(Arguments arguments, CommandHandler handler, bool resp3 = false)
    {
        using var world = new SimulatedWorld(1);
        using var allocator = new BlockAllocator();
        using var keyspace = new Keyspace(new KeyspaceOptions(), allocator, world.Randomness);
        var session = new MemorySession(keyspace.Databases[0]) { Version = resp3 ? RespVersion.Resp3 : RespVersion.Resp2 };
        var call = new Call(new Executor(keyspace, Table, world.Clock), session, session.Replies);
        call.Begin(arguments, Table.Find(arguments));
        handler(ref call);
        call.Reply.Flush();
        return session.Written;
    }

    private sealed class MemorySession(Database database) : Session(database, 1)
    {
        private readonly MemorySink _sink = new();

        public override string Address => "127.0.0.1:1";

        public override ReplySink Replies => _sink;

        public byte[] Written => _sink.Written.WrittenSpan.ToArray();
    }

    private sealed class MemorySink : ReplySink
    {
        public ArrayBufferWriter<byte> Written { get; } = new();

        public override Span<byte> Reserve(int bytes) => Written.GetSpan(bytes);

        public override void Commit(int bytes) => Written.Advance(bytes);
    }
}
