namespace Carnelian;

/// <summary>What is subscribed to.</summary>
internal enum SubscriptionKind
{
    Channel,
    Pattern,

    /// <summary>Channels of SSUBSCRIBE, which in a cluster belong to slots and match no pattern.</summary>
    ShardChannel,
}

/// <summary>All that one client subscribes to. There is one while that is anything.</summary>
internal sealed class Subscriber(Client client, int holder)
{
    private const int LinkBytes = 48;

    private readonly MultimapChain[] _chains = new MultimapChain[3];

    /// <summary>Null: it is gone, and only its links are still there.</summary>
    public Client? Client { get; set; } = client;

    /// <summary>What <see cref="Subscriptions"/> knows it by.</summary>
    public int Holder { get; } = holder;

    public bool IsIdle => Channels + Patterns + ShardChannels == 0;

    public int Channels => _chains[(int)SubscriptionKind.Channel].Count;

    public int Patterns => _chains[(int)SubscriptionKind.Pattern].Count;

    public int ShardChannels => _chains[(int)SubscriptionKind.ShardChannel].Count;

    public long MemoryBytes => (long)(Channels + Patterns + ShardChannels) * LinkBytes;

    public ref MultimapChain ChainOf(SubscriptionKind kind) => ref _chains[(int)kind];
}
