namespace Carnelian.Tests;

/// <summary>
/// Keys go between servers whose network loses connections, falls silent and delays, while clients are lost too: no key is ever lost, and none is on both sides without somebody
/// having been told of an error, or being gone. CARNELIAN_SEEDS says how many; CARNELIAN_SEED runs one.
/// </summary>
internal sealed class MigrationSeedTests
{
    private const int Standard = 200, Keys = 12;

    [Test]
    public void No_key_is_lost_nor_doubled_unnoticed()
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        if (one >= 0) Run(one);
        else TestSettings.RunAll("seeds", TestSettings.Number("CARNELIAN_SEEDS", Standard), Run);
    }

    private static void Run(int seed)
    {
        try
        {
            Play(seed);
        }
        catch (Exception e)
        {
            throw new AssertionException($"seed {seed}: {e.Message}\n{e.StackTrace}", e);
        }
    }

    private static void Play(int seed)
    {
        var chance = new Random(seed);
        using var server = new SimulatedServer(seed: (ulong)seed + 1);
        using var remote = new RemoteServer(server);
        var log = new AppendOnlyText();
        var values = Enumerable.Range(0, Keys).Select(i => $"{i} {new string('v', chance.Next(3) == 0 ? chance.Next(100_000) : chance.Next(20))}").ToArray();
        for (var i = 0; i < Keys; i++) server.Run("SET", $"k{i}", values[i]);
        server.Server.Keyspace.Changes.Attach(log);
        var mayBeDoubled = new HashSet<int>();
        SetConditions(server.World.Simulation.Conditions, chance);
        for (var rounds = chance.Next(1, 8); rounds > 0; rounds--) Migrate(server, remote, chance, mayBeDoubled);
        Heal(server);
        Check(server, remote, values, log, mayBeDoubled);
    }

    private static void SetConditions(SimulatedConditions conditions, Random chance)
    {
        conditions.DelayMicrosecondsMax = chance.Next(3) switch { 0 => 1, 1 => 200, _ => 20_000 };
        conditions.PipeBytesMin = 64 << chance.Next(8);
        conditions.PipeBytesMax = conditions.PipeBytesMin * chance.Next(1, 8);
        conditions.ShortTransfersPerMillion = chance.Next(3) * 300_000;
        conditions.ResetsPerMillion = chance.Next(3) * 30_000;
        conditions.SilencesPerMillion = chance.Next(3) == 0 ? 30_000 : 0;
        conditions.BudgetStepsMax = chance.Next(1, 64);
    }

    /// <summary>What the client does not hear, or hears to be an error, leaves it in doubt.</summary>
    private static void Migrate(SimulatedServer server, RemoteServer remote, Random chance, HashSet<int> mayBeDoubled)
    {
        var keys = Enumerable.Range(0, Keys).Where(_ => chance.Next(3) == 0).ToArray();
        var client = server.Connect();
        string[] options = [.. chance.Next(2) == 0 ? ["REPLACE"] : Array.Empty<string>(), .. chance.Next(6) == 0 ? ["COPY"] : Array.Empty<string>()];
        client.Send(["MIGRATE", "10.0.0.2", "6379", "", "0", $"{chance.Next(20, 500)}", .. options, "KEYS", .. keys.Select(key => $"k{key}")]);
        if (chance.Next(4) == 0) server.World.Simulation.After(chance.Next(50_000), () => remote.Separate());
        if (chance.Next(4) == 0) server.World.Simulation.After(chance.Next(50_000), server.World.Simulation.Reunite);
        var leaves = chance.Next(5) == 0;
        for (var turns = chance.Next(leaves ? 40 : 1); turns > 0; turns--) server.Server.Turn();
        if (leaves) client.Peer.Close();
        else server.TurnUntil(() => client.IsClosed || client.Peer.Received.Length > 0 || server.Server.Clients.Count == 0 || chance.Next(3000) == 0);
        var reply = System.Text.Encoding.Latin1.GetString(client.Peer.Received);
        if (options.Contains("COPY") || reply is not ("+OK\r\n" or "+NOKEY\r\n")) mayBeDoubled.UnionWith(keys);
    }

    private static void Heal(SimulatedServer server)
    {
        var conditions = server.World.Simulation.Conditions;
        conditions.ResetsPerMillion = conditions.SilencesPerMillion = 0;
        conditions.DelayMicrosecondsMax = 1;
        server.World.Simulation.Reunite();
        // A request may still be under way.
        for (var i = 0; i < 10; i++) server.AdvanceTime(100);
        server.TurnUntil(() => !server.Server.Keyspace.Held.Any);
        for (var i = 0; i < 5; i++) server.AdvanceTime(100);
    }

    private static void Check(SimulatedServer server, RemoteServer remote, string[] values, AppendOnlyText log, HashSet<int> mayBeDoubled)
    {
        var (near, far) = (server.Connect(), remote.Connect());
        var deleted = log.Lines.Where(line => line.StartsWith("DEL ")).SelectMany(line => line.Split(' ').Skip(1)).ToHashSet();
        for (var i = 0; i < Keys; i++)
        {
            var (here, there) = (near.Run("GET", $"k{i}"), far.Run("GET", $"k{i}"));
            Assert.That(here == "nil" ? there : here, Is.EqualTo($"\"{values[i]}\""), $"k{i} is lost");
            Assert.That(there, Is.EqualTo($"\"{values[i]}\"").Or.EqualTo("nil"), $"k{i} there");
            Assert.That(here == "nil" || there == "nil" || mayBeDoubled.Contains(i), $"k{i} is on both sides");
            Assert.That(deleted.Contains($"k{i}"), Is.EqualTo(here == "nil"), $"k{i} in the change log");
        }
        Assert.That(near.Run("SET", "k0", "new"), Is.EqualTo("+OK"), "nothing is held any more");
    }
}
