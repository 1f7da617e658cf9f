namespace Carnelian;

/// <summary>Keys at the edges of the entry's length fields come back with their values: whole, and told apart from their neighbours.</summary>
internal sealed class KeyLengthGroup : IGroup
{
    private const string Explanation = "Two keys of each length that differ in the last byte, SET and GET, with values of 0, 32 and 100,000 bytes.";

    private static readonly int[] KeyLengths = [254, 255, 256, 257, 65_535, 65_536, 70_000];
    private static readonly int[] ValueLengths = [0, 32, 100_000];

    public string Name => "memory";

    public IReadOnlyList<string> Members { get; } = ["memory-keys"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var columns = KeyLengths.Select(length => ($"{length} B", 8)).Prepend(("server", 9)).ToArray();
        var table = lab.Report.Begin(new Table("Long keys", Explanation, columns));
        lab.ForEachServer(members[0], server =>
        {
            using var connection = server.Connect();
            table.Add([server.Name, .. KeyLengths.Select(length => ValueLengths.All(bytes => ComesBack(connection, length, bytes)) ? "ok" : "LOST")]);
        });
    }

    private static bool ComesBack(RespConnection connection, int keyLength, int valueLength)
    {
        var keys = new[] { RespLoader.Value(keyLength), RespLoader.Value(keyLength) };
        var values = new[] { RespLoader.Value(valueLength), RespLoader.Value(valueLength) };
        keys[1][^1] ^= 1;
        if (valueLength > 0)
            values[1][^1] ^= 1;
        for (var i = 0; i < keys.Length; i++)
            connection.AppendSet(keys[i], values[i]);
        connection.Flush();
        connection.SkipReplies(keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            connection.AppendGet(keys[i]);
            connection.Flush();
            if (!connection.ReadReply().AsSpan().SequenceEqual(values[i]))
                return false;
        }
        return true;
    }
}
