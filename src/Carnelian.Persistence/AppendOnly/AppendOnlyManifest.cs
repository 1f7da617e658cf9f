namespace Carnelian;

/// <summary>
/// Which files an append-only set consists of, as Redis 7 and later keep it in a file beside them: a base, increments in order, and history that may be deleted. Never changes:
/// what is to be another manifest is made of this one, written, and only then put in its place.
/// </summary>
public sealed class AppendOnlyManifest
{
    public static AppendOnlyManifest Empty { get; } = new(null, [], []);

    private readonly AppendOnlyFileInfo[] _history, _increments;

    internal AppendOnlyManifest(AppendOnlyFileInfo? @base, AppendOnlyFileInfo[] history, AppendOnlyFileInfo[] increments)
    {
        Base = @base;
        _history = history;
        _increments = increments;
        BaseSequence = @base?.Sequence ?? 0;
        IncrementSequence = increments.Length > 0 ? increments[^1].Sequence : 0;
    }

    public AppendOnlyFileInfo? Base { get; private init; }

    public IReadOnlyList<AppendOnlyFileInfo> History => _history;

    /// <summary>Oldest first, the last one being written to.</summary>
    public IReadOnlyList<AppendOnlyFileInfo> Increments => _increments;

    /// <summary>Sequence of the newest base and the newest increment there have been: names are not used twice.</summary>
    public long BaseSequence { get; private init; }

    public long IncrementSequence { get; private init; }

    public bool HasFiles => Base is not null || _increments.Length > 0;

    /// <summary>The files to load, in order.</summary>
    public IEnumerable<AppendOnlyFileInfo> Files => Base is null ? _increments : _increments.Prepend(Base);

    /// <summary>With a base of this name and sequence 1: a single file of an older server.</summary>
    public static AppendOnlyManifest OfOldFile(string name) => new(new(name, 1, AppendOnlyFileType.Base), [], []);

    /// <summary>The next base.</summary>
    public AppendOnlyFileInfo NewBase(string fileName, bool isRdb) => new(AppendOnlyNames.Base(fileName, BaseSequence + 1, isRdb), BaseSequence + 1, AppendOnlyFileType.Base);

    /// <summary>With a new base; the present one becomes history.</summary>
    public AppendOnlyManifest WithNewBase(AppendOnlyFileInfo newBase) => new(newBase, Base is null ? _history : [AsHistory(Base), .. _history], _increments)
    {
        BaseSequence = newBase.Sequence, IncrementSequence = IncrementSequence,
    };

    /// <summary>With one more increment.</summary>
    public AppendOnlyManifest WithNewIncrement(string fileName, long? startOffset = null)
    {
        var sequence = IncrementSequence + 1;
        return new(Base, _history, [.. _increments, new(AppendOnlyNames.Increment(fileName, sequence), sequence, AppendOnlyFileType.Increment, startOffset)])
        {
            BaseSequence = BaseSequence, IncrementSequence = sequence,
        };
    }

    /// <summary>The last increment is written to again: where it ended is not true any more.</summary>
    public AppendOnlyManifest Reopened()
    {
        if (_increments is not [.. var before, { EndOffset: not null } last]) return this;
        return new(Base, _history, [.. before, last with { EndOffset = null }]) { BaseSequence = BaseSequence, IncrementSequence = IncrementSequence };
    }

    /// <summary>With all increments but the last few as history: a base has what they had.</summary>
    public AppendOnlyManifest WithoutIncrements(int keepLast)
    {
        var kept = _increments[Math.Max(0, _increments.Length - keepLast)..];
        var gone = Array.ConvertAll(_increments[..^kept.Length], AsHistory);
        Array.Reverse(gone);
        return new(Base, [.. gone, .. _history], kept) { BaseSequence = BaseSequence, IncrementSequence = IncrementSequence };
    }

    /// <summary>With the increments up to this one, and no history: what there was before another one was begun.</summary>
    public AppendOnlyManifest UpTo(long incrementSequence) => new(Base, [], Array.FindAll(_increments, file => file.Sequence <= incrementSequence));

    /// <summary>The same, but new files get higher numbers than those that lie in the folder, of which it knows nothing: nothing is overwritten.</summary>
    public AppendOnlyManifest Beyond(IEnumerable<string> names)
    {
        var (baseSequence, incrementSequence) = (BaseSequence, IncrementSequence);
        foreach (var name in names)
        {
            if (!AppendOnlyNames.TrySequence(name, out var sequence, out var isBase)) continue;
            if (isBase) baseSequence = Math.Max(baseSequence, sequence);
            else incrementSequence = Math.Max(incrementSequence, sequence);
        }
        return new(Base, _history, _increments) { BaseSequence = baseSequence, IncrementSequence = incrementSequence };
    }

    public AppendOnlyManifest WithoutHistory() => new(Base, [], _increments) { BaseSequence = BaseSequence, IncrementSequence = IncrementSequence };

    private static AppendOnlyFileInfo AsHistory(AppendOnlyFileInfo file) => file with { Type = AppendOnlyFileType.History };
}
