namespace Carnelian;

/// <summary>
/// A word of redis.conf that is no directive: <c>user</c>, <c>rename-command</c>, <c>loadmodule</c>, <c>sentinel</c>.
/// CONFIG GET and SET do not know it; its lines survive a rewrite.
/// </summary>
/// <param name="ArgumentsMin">Fewer or more arguments than these make it an unknown word.</param>
/// <param name="Read">Takes the arguments; returns an error for the reader of the file, or null.</param>
/// <param name="KeyWords">
/// How many leading words of a line name what it configures, so that a rewrite replaces like with like:
/// 2 for <c>sentinel monitor ...</c>.
/// </param>
public sealed record FileStatement(string Name, int ArgumentsMin, int ArgumentsMax, Func<string[], string?> Read, int KeyWords = 1)
{
    /// <summary>Gives the rewriter the present lines; without it the old ones stay as they are.</summary>
    public Action<ConfigurationRewriter>? Rewrite { get; init; }
}
