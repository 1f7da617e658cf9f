using System.Buffers;
using System.Text;

namespace Carnelian.Tests;

/// <summary>Runs requests on an executor and hands their replies back, without a connection. For requests that do not wait.</summary>
internal sealed class DirectSession(Executor executor) : Session(executor.Keyspace.Databases[0], 1_000_000)
{
    private readonly Sink _sink = new();

    public override string Address => "127.0.0.1:1";

    public override ReplySink Replies => _sink;

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
        executor.BeginBatch();
        var call = new Call(executor, this, _sink);
        call.Begin(arguments, executor.Commands.Find(arguments));
        executor.Run(ref call);
        return Reply(ref call);
    }

    public RespValue Run(string words) => Run(Array.ConvertAll(words.Split(' '), Encoding.Latin1.GetBytes));

    /// <summary>DEBUG DIGEST, which a keyspace without a server can be asked too.</summary>
    public string Digest()
    {
        var call = new Call(executor, this, _sink);
        call.Begin(default, null);
        DatasetDigest.WriteAll(ref call);
        return Reply(ref call).Text!;
    }

    private RespValue Reply(ref Call call)
    {
        call.Reply.Flush();
        var reply = RespValue.Read(_sink.Written.WrittenSpan, out _)!;
        _sink.Written.Clear();
        return reply;
    }

    private sealed class Sink : ReplySink
    {
        public ArrayBufferWriter<byte> Written { get; } = new();

        public override Span<byte> Reserve(int bytes) => Written.GetSpan(bytes);

        public override void Commit(int bytes) => Written.Advance(bytes);
    }
}
