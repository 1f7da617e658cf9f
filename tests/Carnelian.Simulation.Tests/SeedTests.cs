namespace Carnelian.Tests;

/// <summary>Many seeds of a server among clients on a bad network. CARNELIAN_SEEDS says how many; CARNELIAN_SEED runs one.</summary>
internal sealed class SeedTests
{
    private const int Standard = 1000;

    [Test]
    public void Every_seed_is_answered_as_the_model_says_and_leaks_nothing()
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        if (one >= 0) Run(one);
        else TestSettings.RunAll("seeds", TestSettings.Number("CARNELIAN_SEEDS", Standard), Run);
    }

    [Test]
    public void A_seed_repeats_exactly()
    {
        for (var seed = 0; seed < 20; seed++) Assert.That(Trace(seed), Is.EqualTo(Trace(seed)), $"seed {seed}");
    }

    private static void Run(int seed)
    {
        try
        {
            Trace(seed);
        }
        catch (Exception e)
        {
            throw new AssertionException($"seed {seed}: {e.Message}\n{e.StackTrace}", e);
        }
    }

    private static ulong Trace(int seed)
    {
        using var simulation = new ServerSimulation(seed);
        simulation.Run();
        return simulation.Trace;
    }
}
