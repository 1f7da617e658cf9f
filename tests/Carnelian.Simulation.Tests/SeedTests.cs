namespace Carnelian.Tests;

/// <summary>Many seeds of a server among clients on a bad network. CARNELIAN_SEEDS says how many; CARNELIAN_SEED runs one.</summary>
internal sealed class SeedTests
{
    private const int Standard = 1000;

    [Test]
    public void Every_seed_is_answered_as_the_model_says_and_leaks_nothing([Values] bool isApart)
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        if (one >= 0) Run(one, isApart);
        else TestSettings.RunAll("seeds", TestSettings.Number("CARNELIAN_SEEDS", Standard), seed => Run(seed, isApart));
    }

    [Test]
    public void A_seed_repeats_exactly([Values] bool isApart)
    {
        for (var seed = 0; seed < 20; seed++) Assert.That(Trace(seed, isApart), Is.EqualTo(Trace(seed, isApart)), $"seed {seed}");
    }

    private static void Run(int seed, bool isApart)
    {
        try
        {
            Trace(seed, isApart);
        }
        catch (Exception e)
        {
            throw new AssertionException($"seed {seed}: {e.Message}\n{e.StackTrace}", e);
        }
    }

    private static ulong Trace(int seed, bool isApart)
    {
        using var simulation = new ServerSimulation(seed, isApart);
        simulation.Run();
        return simulation.Trace;
    }
}
