namespace Carnelian.Tests;

/// <summary>
/// Nothing that was acknowledged is lost beyond what the policy allows, and nothing is halved. CARNELIAN_CRASH_SEEDS says how many seeds; CARNELIAN_SEED runs one.
/// </summary>
internal sealed class CrashTests
{
    private const int Standard = 200;

    private static readonly string[] _metEventually = ["acknowledged", "lost", "killed", "power lost", "rewrites", "repaired", "backups"];

    [Test]
    public void What_was_acknowledged_is_there_after_the_power_failed()
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        var seen = new Dictionary<string, long>();
        if (one >= 0) Run(one, seen);
        else TestSettings.RunAll("seeds", TestSettings.Number("CARNELIAN_CRASH_SEEDS", Standard), seed => Run(seed, seen));
        TestContext.Out.WriteLine(string.Join(", ", seen.Select(pair => $"{pair.Key} {pair.Value}")));
        if (one < 0) Assert.That(seen.Keys, Is.SupersetOf(_metEventually), "a run that never met these proves nothing about them");
    }

    private static void Run(int seed, Dictionary<string, long> seen)
    {
        try
        {
            using var simulation = new CrashSimulation(seed);
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
