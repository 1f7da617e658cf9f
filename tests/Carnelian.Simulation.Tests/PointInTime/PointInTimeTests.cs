namespace Carnelian.Tests;

/// <summary>
/// What a snapshot cut at an offset of the change log holds is what a replay of the log up to there gives.
/// </summary>
internal sealed class PointInTimeTests
{
    private const int Standard = 60;

    private static readonly string[] _metEventually = ["complete", "aborted", "pre-image", "moved", "expired", "field expired", "evicted", "forced"];

    [Test]
    public void A_file_holds_what_a_replay_of_the_log_up_to_its_cut_gives() => SeedRuns.Run("CARNELIAN_SNAPSHOT_SEEDS", Standard, _metEventually, seed =>
    {
        using var simulation = new PointInTimeSimulation(seed);
        simulation.Run();
        return simulation.Seen;
    });
}
