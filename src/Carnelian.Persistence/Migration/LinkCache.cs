namespace Carnelian;

/// <summary>A link that MIGRATE uses, and what is known of its other end.</summary>
internal sealed class MigrationLink(string host, string port, OutgoingLink link)
{
    public string Host { get; } = host;

    public string Port { get; } = port;

    public OutgoingLink Link { get; } = link;

    /// <summary>The database that was selected last; null: who knows.</summary>
    public long? Selected { get; set; }

    /// <summary>Milliseconds of the monotonic clock.</summary>
    public long LastUsedMs { get; set; }
}

/// <summary>Links that are not in use at present and wait for the next MIGRATE to the same host and port: for ten seconds, and no more than 64, as in Redis.</summary>
internal sealed class LinkCache : ILinkOwner, IDisposable
{
    private const int LinksMax = 64;
    private const long IdleMsMax = 10_000;

    /// <summary>In the order in which they were last used.</summary>
    private readonly List<MigrationLink> _idle = [];

    public int Count => _idle.Count;

    /// <summary>Takes a link out of the cache, if there is one; the caller becomes its owner.</summary>
    public MigrationLink? Take(string host, string port, ILinkOwner owner)
    {
        var found = _idle.FindLastIndex(link => link.Host == host && link.Port == port);
        if (found < 0) return null;
        var taken = _idle[found];
        _idle.RemoveAt(found);
        taken.Link.Owner = owner;
        return taken;
    }

    public void Return(MigrationLink link, long nowMs)
    {
        if (_idle.Count == LinksMax) CloseOldest();
        link.Link.Owner = this;
        link.LastUsedMs = nowMs;
        _idle.Add(link);
    }

    /// <summary>Closes links that have been idle for too long.</summary>
    public void CloseIdle(long nowMs)
    {
        while (_idle.Count > 0 && nowMs - _idle[0].LastUsedMs > IdleMsMax) CloseOldest();
    }

    private void CloseOldest()
    {
        _idle[0].Link.Close();
        _idle.RemoveAt(0);
    }

    void ILinkOwner.OnEstablished(OutgoingLink link) => throw new BrokenInvariantException("a link is established before it gets into the cache");

    /// <summary>Nothing was asked for: whose reply would the next one be?</summary>
    void ILinkOwner.OnReply(OutgoingLink link, ReadOnlySpan<byte> reply)
    {
        Forget(link);
        link.Close();
    }

    void ILinkOwner.OnGone(OutgoingLink link, string error) => Forget(link);

    private void Forget(OutgoingLink link) => _idle.RemoveAll(idle => idle.Link == link);

    public void Dispose()
    {
        while (_idle.Count > 0) CloseOldest();
    }
}
