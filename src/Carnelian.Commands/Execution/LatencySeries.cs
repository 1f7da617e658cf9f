namespace Carnelian;

/// <summary>The longest event of its kind in a second.</summary>
public readonly record struct LatencySample(long UnixSeconds, long Milliseconds);

/// <summary>Spikes of one kind, of each second the longest.</summary>
public sealed class LatencySeries(string name)
{
    private const int SamplesMax = 160;

    private readonly List<LatencySample> _samples = [];

    public string Name { get; } = name;

    /// <summary>The longest since it was reset, milliseconds.</summary>
    public long MaxMs { get; private set; }

    /// <summary>Oldest first; at least one.</summary>
    public IReadOnlyList<LatencySample> Samples => _samples;

    public void Add(long unixSeconds, long milliseconds)
    {
        MaxMs = Math.Max(MaxMs, milliseconds);
        if (_samples.Count > 0 && _samples[^1].UnixSeconds == unixSeconds)
        {
            _samples[^1] = new(unixSeconds, Math.Max(_samples[^1].Milliseconds, milliseconds));
            return;
        }
        if (_samples.Count == SamplesMax) _samples.RemoveAt(0);
        _samples.Add(new(unixSeconds, milliseconds));
    }
}
