namespace Carnelian.Tests;

/// <summary>Payloads that Carnelian does not write: of older servers, of the other family, of Redis 8.6.</summary>
internal static class OldValues
{
    public const int Kinds = 14;

    private const long FarMs = 4102444800000;

    public static byte[] Make(int kind, Random random)
    {
        string[] words = [.. Enumerable.Range(0, 2 * random.Next(1, 20)).Select(i => i % 3 == 0 ? $"{i * 1000}" : new string('w', i * 7))];
        return kind switch
        {
            0 => Payload.Of(10, o => o.String(OldPacked.ZipList(words))),
            1 => Payload.Of(12, o => o.String(OldPacked.ZipList(["a", "1", "b", "2", "c", "3.5"]))),
            2 => Payload.Of(13, o => o.String(OldPacked.ZipList(words))),
            3 => Payload.Of(9, o => o.String(OldPacked.ZipMap([("a", "b"), ("c", new('x', 300))]))),
            4 => Payload.Of(14, o => { o.Length(2); o.String(OldPacked.ZipList(words)); o.String(OldPacked.ZipList(words)); }),
            5 => Payload.Of(3, o => { o.Length(2); o.Text("a"); o.OldScore("1.5"); o.Text("b"); o.OldScore("inf"); }),
            6 => Payload.Of(24, o => { o.Milliseconds(FarMs); o.Length(2); o.Length(1); o.Text("a"); o.Text("1"); o.Length(0); o.Text("b"); o.Text("2"); }, 12),
            7 => Payload.Of(22, o => { o.Length(2); o.Text("a"); o.Text("1"); o.Milliseconds(FarMs); o.Text("b"); o.Text("2"); o.Milliseconds(-1); }, 80),
            8 => Payload.Of(22, o => { o.Length(2); o.Length(FarMs); o.Text("a"); o.Text("1"); o.Length(0); o.Text("b"); o.Text("2"); }, 12),
            9 => Payload.Of(23, o => o.String(Payload.ListPack("a", "1", $"{FarMs}", "b", "2", $"{FarMs + 1}", "c", "3", "0")), 12),
            10 => Payload.Of(random.Next(2) == 0 ? 1 : 2, o => { o.Length(3); o.Text("a"); o.Text("17"); o.Text(new('x', 100)); }),
            11 => Payload.Of(15, o => Stream(o, hasProducers: false)),
            12 => Payload.Of(26, o => Stream(o, hasProducers: true), 13),
            _ => Payload.Of(243, o => { o.Length(1); o.Bytes([1, 2, 3, 4]); o.Length(2); o.Length(7); o.Length(5); o.Text("text"); o.Length(0); o.Byte(0); o.Text("value"); }, 13),
        };
    }

    /// <summary>Two entries, and a group of which one is pending.</summary>
    private static void Stream(RdbOutput o, bool hasProducers)
    {
        using var rig = new PersistenceRig();
        rig.Run("XADD k 1-1 f v");
        rig.Run("XADD k 1-2 f w");
        rig.Run("XGROUP CREATE k g 0");
        rig.Run("XREADGROUP GROUP g alice COUNT 1 STREAMS k >");
        var dumped = rig.Dump("k");
        if (hasProducers)
        {
            o.Bytes(dumped.AsSpan(1, dumped.Length - 11));
            o.Length(100); o.Length(50);
            o.Length(2);
            o.Text("producer"); o.Length(2); o.Text("first"); o.Length(1); o.Length(1); o.Text("second"); o.Length(1); o.Length(2);
            o.Text("idle"); o.Length(0);
            o.Length(2); o.Length(0);
            return;
        }
        // The node is the same in all versions.
        var node = RdbShape.OfPayload(dumped)[2..4];
        o.Length(1);
        foreach (var part in node) o.Bytes(dumped.AsSpan(part.Offset, part.Length));
        o.Length(2); o.Length(1); o.Length(2);
        o.Length(1); o.Text("g"); o.Length(1); o.Length(1);
        o.Length(1); o.StreamId(1, 1); o.Milliseconds(1000); o.Length(3);
        o.Length(1); o.Text("alice"); o.Milliseconds(2000); o.Length(1); o.StreamId(1, 1);
    }
}
