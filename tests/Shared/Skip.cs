using System.Diagnostics.CodeAnalysis;

namespace Carnelian.Tests;

internal static class Skip
{
    /// <summary>Ends the running test as skipped, and says why where the runner would only count it.</summary>
    [DoesNotReturn]
    public static void Because(string reason)
    {
        TestContext.Error.WriteLine($"{TestContext.CurrentContext.Test.Name} is skipped: {reason}");
        throw new IgnoreException(reason);
    }

    /// <summary>For a test that measures for long: it runs where CARNELIAN_MEASURE=1 asks for it, in a release build and on an idle machine.</summary>
    public static void UnlessMeasuring()
    {
        if (TestSettings.Number("CARNELIAN_MEASURE", 0) == 0) Because("it measures; CARNELIAN_MEASURE=1 runs it");
    }

    /// <summary>As <see cref="Because"/>, for something that a build server must have: there, where CI=true, the test fails.</summary>
    [DoesNotReturn]
    public static void ForLackOf(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") throw new AssertionException(reason);
        Because(reason);
    }
}
