namespace Carnelian;

/// <summary>
/// Makes what /metrics shows. A text serves all who ask within a tenth of a second of each other, so that scrapers cost the command thread at most
/// ten snapshots a second.
/// </summary>
internal sealed class Scraper(Server server, TimeSpan patience)
{
    private const long SharedForNanoseconds = 100_000_000;
    private const double NanosecondsPerSecond = 1e9;

    private readonly CommandThreadQuestion<MetricsSnapshot> _question = new(server, MetricsSnapshot.Collect);
    private readonly Lock _lock = new();
    private Task<ReadOnlyMemory<byte>[]>? _text;
    private long _begunAt, _scrapes;

    /// <summary>Any thread.</summary>
    public Task<ReadOnlyMemory<byte>[]> Scrape()
    {
        lock (_lock)
        {
            var now = server.World.Clock.MonotonicNanoseconds;
            if (_text is not null && (!_text.IsCompleted || now - _begunAt < SharedForNanoseconds)) return _text;
            _begunAt = now;
            return _text = Make(++_scrapes, now);
        }
    }

    private async Task<ReadOnlyMemory<byte>[]> Make(long number, long begunAt)
    {
        MetricsSnapshot? snapshot = null;
        string? error = null;
        try
        {
            snapshot = await _question.Ask().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            error = $"the command thread did not answer within {patience.TotalSeconds} s";
        }
        var seconds = (server.World.Clock.MonotonicNanoseconds - begunAt) / NanosecondsPerSecond;
        return MetricsText.Write(snapshot, new(number, seconds, error));
    }
}
