using System.Diagnostics;

namespace Carnelian;

/// <summary>Resident memory after values of ever other sizes have been written, overwritten and deleted, and the server has had time to tidy up.</summary>
internal sealed class ChurnGroup : IGroup
{
    private const string Explanation = """
        Random overwrites (values of 8–256 bytes), deletes and inserts for the given time on a fresh server, through one pipeline; four fifths of the keys
        live in the end. Resident is over the empty server, as the churn ends and after idling: until it has not fallen for 8 s, at most 30. Payload is the
        bytes of the live keys and values by the load's own books; the second ratio adds 16 bytes per key, a header and a pointer.
        """;

    private const string Member = "memory-churn";
    private const int EntryBytes = 16;
    private const int IdleSecondsMax = 30;
    private const int StillSeconds = 8;

    public string Name => "memory";

    public IReadOnlyList<string> Members { get; } = [Member];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table($"Memory after {lab.Options.ChurnSeconds} s of churn", Explanation,
            ("server", 9), ("commands M", 10), ("live keys", 10), ("payload MiB", 11), ("resident MiB", 12), ("after idling", 12), ("/ payload", 9),
            ("/ (payload+16)", 14), ("used_memory / payload", 9), ("/ payload ×", 11)));
        var candidate = double.NaN;
        lab.ForEachServer(Member, server =>
        {
            using var connection = server.Connect();
            Thread.Sleep(250);
            var emptyBytes = server.ResidentBytes();
            var churn = new Churn(lab.Size(400_000, 2_000_000), seed: 1);
            var commands = churn.Run(connection, TimeSpan.FromSeconds(lab.Options.ChurnSeconds));
            var atEnd = server.ResidentBytes() - emptyBytes;
            var idle = AwaitStillness(server) - emptyBytes;
            if (connection.Call("DBSIZE") is var held && held != $"{churn.LiveKeys}")
                throw new MeasurementFailed($"{churn.LiveKeys} keys must live, DBSIZE says {held}");
            var ratio = (double)idle / churn.PayloadBytes;
            if (server.IsCandidate)
                candidate = ratio;
            table.Add(
                server.Name, Figure.Of(commands / 1e6), Figure.Of(churn.LiveKeys), Figure.Mebibytes(churn.PayloadBytes), Figure.Mebibytes(atEnd),
                Figure.Mebibytes(idle), Figure.Of(ratio), Figure.Of((double)idle / (churn.PayloadBytes + EntryBytes * churn.LiveKeys)),
                Figure.Of(ServerInfo.Number(connection, "used_memory") / churn.PayloadBytes), server.IsCandidate ? "" : Figure.Ratio(candidate, ratio));
        });
    }

    private static long AwaitStillness(ServerUnderTest server)
    {
        var started = Stopwatch.GetTimestamp();
        var (lowest, lowestAt) = (server.ResidentBytes(), TimeSpan.Zero);
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed.TotalSeconds < IdleSecondsMax && (elapsed - lowestAt).TotalSeconds < StillSeconds)
        {
            Thread.Sleep(500);
            var now = server.ResidentBytes();
            if (now < lowest)
                (lowest, lowestAt) = (now, elapsed);
        }
        return server.ResidentBytes();
    }
}

/// <summary>A random load that keeps books of what lives. The same seed gives the same commands; only their number depends on the server's speed.</summary>
internal sealed class Churn(int keysMax, ulong seed)
{
    private const int ValueBytesMin = 8;
    private const int ValueBytesMax = 256;

    // The length of each key's value, 0 for a key that does not exist.
    private readonly ushort[] _lengths = new ushort[keysMax];
    private readonly byte[] _value = RespLoader.Value(ValueBytesMax);
    private readonly byte[] _key = RespLoader.NewKey(RespLoader.KeyPrefix);
    private SeededRandom _random = new(seed);
    private long _valueBytes;

    public long LiveKeys { get; private set; }

    public long PayloadBytes => _valueBytes + LiveKeys * _key.Length;

    /// <summary>Inserts all keys, then churns for so long. Returns the number of commands of the second part.</summary>
    public long Run(RespConnection connection, TimeSpan duration)
    {
        RespLoader.Run(connection, 0, keysMax, (to, index) => Set(to, (int)index));
        return RespLoader.RunFor(connection, duration, AppendRandom);
    }

    private void AppendRandom(RespConnection connection, long _)
    {
        var index = _random.Below(keysMax);
        // One in four of the existing: at rest as many keys are inserted as deleted, and four in five exist.
        if (_lengths[index] != 0 && _random.Below(4) == 0)
            Delete(connection, index);
        else
            Set(connection, index);
    }

    private void Set(RespConnection connection, int index)
    {
        var length = ValueBytesMin + _random.Below(ValueBytesMax - ValueBytesMin + 1);
        if (_lengths[index] == 0)
            LiveKeys++;
        _valueBytes += length - _lengths[index];
        _lengths[index] = (ushort)length;
        RespLoader.PutNumber(_key, index);
        connection.AppendSet(_key, _value.AsSpan(0, length));
    }

    private void Delete(RespConnection connection, int index)
    {
        LiveKeys--;
        _valueBytes -= _lengths[index];
        _lengths[index] = 0;
        RespLoader.PutNumber(_key, index);
        connection.AppendHeader(2);
        connection.AppendBulk("DEL"u8);
        connection.AppendBulk(_key);
    }
}
