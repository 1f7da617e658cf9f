namespace Carnelian.Tests;

/// <summary>One simulation per seed; CARNELIAN_SEED runs one.</summary>
internal static class SeedRuns
{
    /// <param name="variable">Of the environment, says how many.</param>
    /// <param name="run">Runs a seed and answers what it has met, and how often.</param>
    /// <param name="metEventually">What all seeds together must have met.</param>
    public static void Run(string variable, int standard, string[] metEventually, Func<int, IReadOnlyDictionary<string, long>> run)
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        var seen = new Dictionary<string, long>();
        if (one >= 0) Run(one);
        else TestSettings.RunAll("seeds", TestSettings.Number(variable, standard), Run);
        TestContext.Out.WriteLine(string.Join(", ", seen.Select(pair => $"{pair.Key} {pair.Value}")));
        if (one < 0) Assert.That(seen.Keys, Is.SupersetOf(metEventually), "a run that never met these proves nothing about them");

        void Run(int seed)
        {
            try
            {
                var met = run(seed);
                lock (seen)
                {
                    foreach (var (name, times) in met) seen[name] = seen.GetValueOrDefault(name) + times;
                }
            }
            catch (Exception e)
            {
                throw new AssertionException($"seed {seed}: {e.Message}\n{e.StackTrace}", e);
            }
        }
    }
}
