namespace Carnelian;

/// <summary>
/// Who subscribes to which channels and patterns, and the way of a message to them: those of the channel first, then those of each pattern that matches. A
/// message is given to sessions, which send it at the end of the turn.
/// </summary>
internal sealed class Subscriptions(Server server) : IDisposable
{
    /// <summary>Links that are removed at once; who has more loses them bit by bit, because a client may subscribe to a million channels.</summary>
    private const int LinksAtOnce = 1024;

    /// <summary>By <see cref="SubscriptionKind"/>, which is the number of a key.</summary>
    private readonly Multimap _map = new(server.Keyspace.Host, Purpose.Other);

    private readonly List<Subscriber?> _holders = [];
    private readonly Stack<int> _freeHolders = new();
    private readonly Queue<Subscriber> _leaving = new();
    private readonly GroupList _found = new();
    private readonly byte[] _encoded = new byte[Message.CopiedBytesMax];

    /// <summary>Clients that subscribe to something.</summary>
    public int Subscribers { get; private set; }

    /// <summary>Different ones, among them those that are still to be forgotten.</summary>
    public long CountOf(SubscriptionKind kind) => _map.CountOf((int)kind);

    /// <summary>Somebody may hear of events of the keyspace.</summary>
    public bool HasListeners => CountOf(SubscriptionKind.Channel) + CountOf(SubscriptionKind.Pattern) > 0;

    // ---- subscribing

    public void Add(Client client, SubscriptionKind kind, ReadOnlySpan<byte> name)
    {
        var hadListeners = HasListeners;
        var subscriber = client.Subscriber ?? Enter(client);
        _map.Add((int)kind, name, server.Keyspace.Host.Hash(name), subscriber.Holder, ref subscriber.ChainOf(kind));
        if (!hadListeners && HasListeners) server.Keyspace.ListenersChanged();
    }

    private Subscriber Enter(Client client)
    {
        if (!_freeHolders.TryPop(out var holder))
        {
            holder = _holders.Count;
            _holders.Add(null);
        }
        var subscriber = new Subscriber(client, holder);
        _holders[holder] = subscriber;
        Subscribers++;
        client.Subscriber = subscriber;
        return subscriber;
    }

    /// <summary>Nothing happens when the client does not subscribe to it.</summary>
    public void Remove(Client client, SubscriptionKind kind, ReadOnlySpan<byte> name)
    {
        if (client.Subscriber is not { } subscriber || !_map.TryFind((int)kind, name, server.Keyspace.Host.Hash(name), out var group)) return;
        ref var chain = ref subscriber.ChainOf(kind);
        if (Multimap.Find(group, subscriber.Holder, chain) is { Exists: true } link) Remove(subscriber, link, ref chain);
    }

    /// <summary>Removes the oldest one of a kind; false when there is none.</summary>
    /// <param name="name">Lives until the end of the call.</param>
    public bool TryRemoveFirst(Client client, SubscriptionKind kind, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (client.Subscriber is not { } subscriber || subscriber.ChainOf(kind).Count == 0) return false;
        ref var chain = ref subscriber.ChainOf(kind);
        var link = chain.First;
        name = link.Group.Key;
        Remove(subscriber, link, ref chain);
        return true;
    }

    private void Remove(Subscriber subscriber, MultimapLink link, ref MultimapChain chain)
    {
        _map.Remove(link, ref chain);
        if (!HasListeners) server.Keyspace.ListenersChanged();
        if (!subscriber.IsIdle) return;
        Leave(subscriber);
        Free(subscriber);
    }

    /// <summary>RESET, the end of the client: it hears nothing more.</summary>
    public void RemoveAll(Client client)
    {
        if (client.Subscriber is not { } subscriber) return;
        Leave(subscriber);
        _leaving.Enqueue(subscriber);
        if (_leaving.Count == 1) ForgetSome();
    }

    private void Leave(Subscriber subscriber)
    {
        subscriber.Client!.Subscriber = null;
        subscriber.Client = null;
        Subscribers--;
    }

    private void Free(Subscriber subscriber)
    {
        _holders[subscriber.Holder] = null;
        _freeHolders.Push(subscriber.Holder);
    }

    /// <summary>Some links are still to be removed: <see cref="ForgetSome"/> is called again and again.</summary>
    public bool HasToForget => _leaving.Count > 0;

    public void ForgetSome()
    {
        var subscriber = _leaving.Dequeue();
        var left = LinksAtOnce;
        for (var kind = SubscriptionKind.Channel; kind <= SubscriptionKind.ShardChannel; kind++)
        {
            ref var chain = ref subscriber.ChainOf(kind);
            for (; left > 0 && chain.Count > 0; left--) _map.Remove(chain.First, ref chain);
        }
        if (subscriber.IsIdle) Free(subscriber);
        else _leaving.Enqueue(subscriber);
        if (!HasListeners) server.Keyspace.ListenersChanged();
    }

    // ---- asking

    /// <summary>How many clients subscribe to a channel.</summary>
    public int CountOf(SubscriptionKind kind, ReadOnlySpan<byte> channel) =>
        _map.TryFind((int)kind, channel, server.Keyspace.Host.Hash(channel), out var group) ? CountOf(group) : 0;

    private int CountOf(MultimapGroup group)
    {
        if (!HasToForget) return group.Count;
        var count = 0;
        for (var link = group.First; link.Exists; link = link.Next) count += ClientOf(link) is null ? 0 : 1;
        return count;
    }

    private Client? ClientOf(MultimapLink link) => _holders[(int)link.Holder]!.Client;

    /// <summary>The channels that somebody subscribes to, all or those that a pattern matches. The list is used again.</summary>
    public GroupList Find(SubscriptionKind kind, bool all, ReadOnlySpan<byte> pattern = default)
    {
        var kept = 0;
        var found = All(kind);
        for (var i = 0; i < found.Count; i++)
        {
            if ((all || GlobPattern.Matches(pattern, found[i].Key)) && (!HasToForget || CountOf(found[i]) > 0)) found.Keep(i, kept++);
        }
        found.Truncate(kept);
        return found;
    }

    private GroupList All(SubscriptionKind kind)
    {
        _found.Clear();
        ulong cursor = 0;
        do cursor = _map.Scan((int)kind, cursor, _found);
        while (cursor != 0);
        return _found;
    }

    // ---- publishing

    /// <summary>Gives a message to all who are to hear it. Returns how many these are; a client counts once for each subscription.</summary>
    public int Publish(SubscriptionKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> text)
    {
        var receivers = 0;
        if (_map.TryFind((int)kind, channel, server.Keyspace.Host.Hash(channel), out var group))
            receivers += Deliver(group, new(kind == SubscriptionKind.Channel ? "message"u8 : "smessage"u8, default, channel, text));
        if (kind != SubscriptionKind.Channel || CountOf(SubscriptionKind.Pattern) == 0) return receivers;
        var patterns = All(SubscriptionKind.Pattern);
        for (var i = 0; i < patterns.Count; i++)
        {
            var pattern = patterns[i].Key;
            if (GlobPattern.Matches(pattern, channel)) receivers += Deliver(patterns[i], new("pmessage"u8, pattern, channel, text));
        }
        return receivers;
    }

    private int Deliver(MultimapGroup group, Message message)
    {
        var receivers = 0;
        if (!message.Encode(_encoded)) return 0;
        for (var link = group.First; link.Exists; link = link.Next)
        {
            if (ClientOf(link) is not { } client) continue;
            message.PushTo(client, server.Clients.OutputChunks);
            receivers++;
        }
        message.Release();
        return receivers;
    }

    public void Dispose() => _map.Dispose();
}
