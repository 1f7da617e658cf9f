namespace Carnelian;

/// <summary>What Prometheus takes the values of a name for.</summary>
internal enum MetricKind
{
    Gauge,
    Counter,

    /// <summary>A counter whose name redis_exporter did not end with "_total", or a gauge whose name it did: told as what it is, promtool would complain.</summary>
    Untyped,
    Summary,
    Histogram,
}

/// <summary>All that a scrape tells under one name.</summary>
/// <param name="Labels">Names of the labels that its values have.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Help, params string[] Labels)
{
    /// <summary>As the line "# TYPE" has it.</summary>
    public string KindName { get; } = Kind.ToString().ToLowerInvariant();
}
