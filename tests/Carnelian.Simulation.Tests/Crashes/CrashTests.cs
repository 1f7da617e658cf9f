namespace Carnelian.Tests;

/// <summary>
/// Nothing that was acknowledged is lost beyond what the policy allows, and nothing is halved.
/// </summary>
internal sealed class CrashTests
{
    private const int Standard = 200;

    private static readonly string[] _metEventually = ["acknowledged", "lost", "killed", "power lost", "rewrites", "repaired", "backups"];

    [Test]
    public void What_was_acknowledged_is_there_after_the_power_failed() => SeedRuns.Run("CARNELIAN_CRASH_SEEDS", Standard, _metEventually, seed =>
    {
        using var simulation = new CrashSimulation(seed);
        simulation.Run();
        return simulation.Seen;
    });
}
