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

    /// <summary>The same for something that a build server must have: there, where CI=true, the test fails.</summary>
    [DoesNotReturn]
    public static void ForLackOf(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") throw new AssertionException(reason);
        Because(reason);
    }
}
