namespace Carnelian.Tests;

/// <summary>
/// What a snapshot cut at an offset of the change log holds is what a replay of the log up to there gives. CARNELIAN_SNAPSHOT_SEEDS says how many seeds;
/// CARNELIAN_SEED runs one.
/// </summary>
internal sealed class PointInTimeTests
{
    private const int Standard = 60;

    private static readonly string[] _metEventually = ["complete", "aborted", "pre-image", "moved", "expired", "field expired", "evicted", "forced"];

    [Test]
    public void A_file_holds_what_a_replay_of_the_log_up_to_its_cut_gives()
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        var seen = new Dictionary<string, long>();
        if (one >= 0) Run(one, seen);
        else TestSettings.RunAll("seeds", TestSettings.Number("CARNELIAN_SNAPSHOT_SEEDS", Standard), seed => Run(seed, seen));
        TestContext.Out.WriteLine(string.Join(", ", seen.Select(pair => $"{pair.Key} {pair.Value}")));
        if (one < 0) Assert.That(seen.Keys, Is.SupersetOf(_metEventually), "a run that never met these proves nothing about them");
    }

    private static void Run(int seed, Dictionary<string, long> seen)
    {
        try
        {
            using var simulation = new PointInTimeSimulation(seed);
            simulation.Run();
            lock (seen)
            {
                foreach (var (name, times) in simulation.Seen) seen[name] = seen.GetValueOrDefault(name) + times;
            }
        }
        catch (Exception e)
        {
            throw new AssertionException($"seed {seed}: {e.Message}\n{e.StackTrace}", e);
        }
    }
}
