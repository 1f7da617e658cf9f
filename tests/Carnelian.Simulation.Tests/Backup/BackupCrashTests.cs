namespace Carnelian.Tests;

/// <summary>A backup that was called sealed is whole, whatever happens.</summary>
internal sealed class BackupCrashTests
{
    private const int Standard = 40;

    private static readonly string[] _metEventually = ["operations", "sealed beside an append-only file", "sealed without one", "given up, something left"];

    [Test]
    public void What_is_sealed_is_there_after_the_power_failed() => SeedRuns.Run("CARNELIAN_CRASH_SEEDS", Standard, _metEventually, seed =>
    {
        using var simulation = new BackupSimulation(seed);
        simulation.Run();
        return simulation.Seen;
    });
}
