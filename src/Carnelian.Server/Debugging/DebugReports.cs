using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>What DEBUG shows of values and tables, and its replies of every kind.</summary>
internal static class DebugReports
{
    /// <summary>DEBUG OBJECT. The key is looked at as it is: expired or not, and without making it fresher.</summary>
    public static void WriteObject(ref Call call)
    {
        var view = call.Find(2, LookupFlags.NoEffects);
        if (!view.Exists)
        {
            call.Fail("ERR no such key");
            return;
        }
        var idle = call.Keyspace.Access.IdleMs(view) / 1000;
        var isOfNodes = view.Encoding == ValueEncoding.QuickList;
        var serialized = call.Server().Dumps.SerializedLength(call.Database.Data, view);
        call.Reply.Simple(string.Create(CultureInfo.InvariantCulture,
            $"Value at:0x{view.Location:x} refcount:{ObjectTerms.References(view, call.Keyspace.Options)} encoding:{ObjectTerms.EncodingName(view.Encoding)} "
            + $"serializedlength:{serialized} lru:{view.Access & AccessClock.RedisMask} lru_seconds_idle:{idle}")
            + (isOfNodes ? Nodes(ref call, call.Database.Data.List(view)) : ""));
    }

    private static string Nodes(ref Call call, NodeList list)
    {
        long bytes = 0;
        for (var n = 0; n < list.NodeCount; n++) bytes += list.LengthOf(n);
        return string.Create(CultureInfo.InvariantCulture,
            $" ql_nodes:{list.NodeCount} ql_avg_node:{(double)list.Count / list.NodeCount:F2} ql_listpack_max:{call.Keyspace.Options.ListMaxListpackSize} "
            + $"ql_compressed:{Math.Min(list.CompressDepth, 1)} ql_uncompressed_size:{bytes}");
    }

    /// <summary>DEBUG HTSTATS. Keys that expire have no table of their own, so the second part only counts them.</summary>
    public static void WriteTables(ref Call call)
    {
        if (!call.TryInteger(2, out var number)) return;
        if (number < 0 || number >= call.Keyspace.Databases.Length)
        {
            call.Fail("ERR Out of range database");
            return;
        }
        var data = call.Keyspace.Databases[(int)number].Data;
        var text = new StringBuilder("[Dictionary HT]\n");
        if (data.Count > 0) Append(text, data.MeasureShapes(), IsFull(ref call));
        text.Append("[Expires HT]\n");
        if (data.Expiring > 0)
            text.Append("Hash table 0 stats (marks in the main hash table):\n").Append(CultureInfo.InvariantCulture, $" number of elements: {data.Expiring}\n");
        call.Reply.Verbatim(ByteText.ToBytes(text.ToString()), "txt"u8);
    }

    /// <summary>DEBUG HTSTATS-KEY.</summary>
    public static void WriteTableOfKey(ref Call call)
    {
        var view = call.Find(2, LookupFlags.NoTouch);
        if (!view.Exists)
        {
            call.Fail("ERR no such key");
            return;
        }
        if (view.Encoding is not (ValueEncoding.HashTable or ValueEncoding.SkipList))
        {
            call.Fail("ERR The value stored at the specified key is not represented using an hash table");
            return;
        }
        var text = new StringBuilder();
        Append(text, (view.Encoding == ValueEncoding.SkipList ? call.Database.Data.Sorted(view).Members : call.Database.Data.Fields(view)).MeasureTables(), IsFull(ref call));
        call.Reply.Verbatim(ByteText.ToBytes(text.ToString()), "txt"u8);
    }

    private static bool IsFull(ref Call call) => call.Args.Count >= 4 && call.Is(3, "full"u8);

    private static void Append(StringBuilder text, TableShape[] shapes, bool full)
    {
        for (var i = 0; i < shapes.Length; i++)
        {
            var shape = shapes[i];
            text.Append(CultureInfo.InvariantCulture, $"Hash table {i} stats ({(i == 0 ? "main hash table" : "rehashing target")}):\n");
            if (shape.Entries == 0)
            {
                text.Append("No stats available for empty dictionaries\n");
                continue;
            }
            text.Append(CultureInfo.InvariantCulture, $" table size: {shape.Buckets}\n number of elements: {shape.Entries}\n");
            if (full) AppendChains(text, shape);
        }
    }

    private static void AppendChains(StringBuilder text, TableShape shape)
    {
        var used = shape.Buckets - shape.BucketsWith[0];
        var average = (double)shape.Entries / used;
        text.Append(CultureInfo.InvariantCulture,
            $" different slots: {used}\n max chain length: {shape.EntriesMax}\n avg chain length (counted): {average:F2}\n");
        text.Append(CultureInfo.InvariantCulture, $" avg chain length (computed): {average:F2}\n");
        text.Append(" Chain length distribution:\n");
        for (var entries = 0; entries < shape.BucketsWith.Length; entries++)
        {
            var buckets = shape.BucketsWith[entries];
            if (buckets > 0) text.Append(CultureInfo.InvariantCulture, $"   {entries}: {buckets} ({100.0 * buckets / shape.Buckets:F2}%)\n");
        }
    }

    /// <summary>DEBUG PROTOCOL: a reply of each kind.</summary>
    public static void WriteProtocol(ref Call call)
    {
        ref var reply = ref call.Reply;
        switch (call.Shown(2).ToLowerInvariant())
        {
            case "string": reply.Bulk("Hello World"u8); break;
            case "integer": reply.Integer(12345); break;
            case "double": reply.Double(3.141); break;
            case "bignum": reply.BigNumber("1234567999999999999999999999999999999"u8); break;
            case "null": reply.Null(); break;
            case "array":
                reply.Array(3);
                for (var i = 0; i < 3; i++) reply.Integer(i);
                break;
            case "set":
                reply.Set(3);
                for (var i = 0; i < 3; i++) reply.Integer(i);
                break;
            case "map":
                reply.Map(3);
                for (var i = 0; i < 3; i++)
                {
                    reply.Integer(i);
                    reply.Bool(i == 1);
                }
                break;
            case "attrib": WriteAttribute(ref reply); break;
            case "push" when !reply.IsResp3: call.Fail("ERR RESP2 is not supported by this command"); break;
            case "push":
                // A push answers nothing, and what a call pushes to its own client comes behind its reply.
                reply.Bulk("Some real reply following the push reply"u8);
                reply.Push(2);
                reply.Bulk("server-cpu-usage"u8);
                reply.Integer(42);
                break;
            case "verbatim": reply.Verbatim("This is a verbatim\nstring"u8, "txt"u8); break;
            case "true": reply.Bool(true); break;
            case "false": reply.Bool(false); break;
            default:
                call.Fail("ERR Wrong protocol type name. Please use one of the following: "
                    + "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
                break;
        }
    }

    private static void WriteAttribute(ref ReplyWriter reply)
    {
        if (reply.IsResp3)
        {
            reply.Attribute(1);
            reply.Bulk("key-popularity"u8);
            reply.Array(2);
            reply.Bulk("key:123"u8);
            reply.Integer(90);
        }
        reply.Bulk("Some real reply following the attribute"u8);
    }
}
