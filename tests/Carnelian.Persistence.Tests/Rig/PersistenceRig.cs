using System.Buffers;
using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

/// <summary>A keyspace in checked memory with the data commands and those of this floor, and without a server. Disposing of it fails when a block is left.</summary>
internal sealed class PersistenceRig : IDisposable
{
    private static readonly CommandTable _table = new(CommandTableKind.Server, new DataCommands(), new PersistenceCommands());

    private readonly MemorySession _session;

    public PersistenceRig(ulong seed = 1, bool isChecked = true)
    {
        World = new(seed);
        Allocator = new(new() { Checked = isChecked, RangeBytesMax = isChecked ? 1L << 31 : 1L << 36, QuarantineBlocks = 64 });
        Keyspace = new(new(), Allocator, World.Randomness);
        Dumps = new(Keyspace);
        Executor = new(Keyspace, _table, World.Clock);
        Executor.Services.Add(Dumps);
        _session = new(Keyspace.Databases[0]);
    }

    public SimulatedWorld World { get; }

    public BlockAllocator Allocator { get; }

    public Keyspace Keyspace { get; }

    public Dumps Dumps { get; }

    public Executor Executor { get; }

    /// <summary>The database that requests concern.</summary>
    public int Database
    {
        set => _session.Database = Keyspace.Databases[value];
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public RespValue Run(params byte[][] words)
    {
        var items = new Argument[words.Length];
        var bytes = new List<byte>();
        for (var i = 0; i < words.Length; i++)
        {
            items[i] = new(bytes.Count, words[i].Length);
            bytes.AddRange(words[i]);
        }
        Arguments arguments = new(bytes.ToArray(), items);
        var call = new Call(Executor, _session, _session.Replies);
        call.Begin(arguments, _table.Find(arguments));
        Executor.Run(ref call);
        call.Reply.Flush();
        return RespValue.Read(_session.Take(), out _)!;
    }

    public RespValue Run(string words) => Run(Array.ConvertAll(words.Split(' '), Bytes));

    public byte[] Dump(string key) => Run(Bytes("DUMP"), Bytes(key)).Bytes;

    public RespValue Restore(string key, byte[] payload) => Run(Bytes("RESTORE"), Bytes(key), Bytes("0"), payload, Bytes("REPLACE"));

    /// <summary>What a key has, however it is kept, with all that commands tell of it.</summary>
    public string Show(string key)
    {
        var type = Run($"TYPE {key}").Text;
        var text = type switch
        {
            "string" => Text(Run($"GET {key}")),
            "list" => Text(Run($"LRANGE {key} 0 -1")),
            "set" => Sorted(Run($"SMEMBERS {key}"), 1),
            "zset" => Text(Run($"ZRANGE {key} 0 -1 WITHSCORES")),
            "hash" => Fields(key),
            "vectorset" => Convert.ToHexString(Dump(key)),
            "stream" => Text(Run($"XRANGE {key} - +")) + Text(Run($"XINFO STREAM {key}")) + Groups(key),
            _ => "",
        };
        return $"{type} {Run($"PEXPIRETIME {key}").Integer} {text}";
    }

    /// <summary>As <see cref="Show"/>, and how it is kept.</summary>
    public string ShowKept(string key) => $"{Run($"OBJECT ENCODING {key}").Text} {Show(key)}";

    private string Fields(string key)
    {
        var pairs = Run($"HGETALL {key}").Items;
        var lines = new List<string>();
        for (var i = 0; i < pairs.Length; i += 2)
        {
            var time = Run(Bytes("HPEXPIRETIME"), Bytes(key), Bytes("FIELDS"), Bytes("1"), pairs[i].Bytes).Items[0].Integer;
            lines.Add($"{Text(pairs[i])}={Text(pairs[i + 1])} {time}");
        }
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    private string Groups(string key)
    {
        var text = Text(Run($"XINFO GROUPS {key}"));
        foreach (var group in Run($"XINFO GROUPS {key}").Items)
        {
            var name = group.Items[1].Bytes;
            text += Text(Run(Bytes("XPENDING"), Bytes(key), name, Bytes("-"), Bytes("+"), Bytes("1000000")));
            text += Text(Run(Bytes("XINFO"), Bytes("CONSUMERS"), Bytes(key), name));
        }
        return text;
    }

    private static string Sorted(RespValue reply, int _) => string.Join(' ', reply.Items.Select(Text).Order(StringComparer.Ordinal));

    private static string Text(RespValue value) => value.Kind switch
    {
        RespKind.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        RespKind.Array => $"[{string.Join(' ', value.Items.Select(Text))}]",
        RespKind.Null => "nil",
        _ => Encoding.Latin1.GetString(value.Bytes),
    };

    public void Dispose()
    {
        Keyspace.Dispose();
        Allocator.Dispose();
        World.Dispose();
    }

    private sealed class MemorySession(Database database) : Session(database, 1)
    {
        private readonly MemorySink _sink = new();

        public override string Address => "127.0.0.1:1";

        public override ReplySink Replies => _sink;

        public byte[] Take()
        {
            var written = _sink.Written.WrittenSpan.ToArray();
            _sink.Written.Clear();
            return written;
        }
    }

    private sealed class MemorySink : ReplySink
    {
        public ArrayBufferWriter<byte> Written { get; } = new();

        public override Span<byte> Reserve(int bytes) => Written.GetSpan(bytes);

        public override void Commit(int bytes) => Written.Advance(bytes);
    }
}
