namespace Carnelian;

/// <summary>
/// Publishes what happens to keys as notify-keyspace-events asks for it: the event to the channel of the key, then the key to the channel of the event. Hears
/// of nothing while nobody subscribes to any channel.
/// </summary>
internal sealed class KeyspaceMessages(Server server) : IKeyspaceListener
{
    private const int ChannelKeptMax = 64 * 1024;

    private byte[] _channel = new byte[256];

    public KeyspaceEventClass Wants =>
        server.Subscriptions.HasListeners && server.Options.KeyspaceNotifications is { ByKey: true } or { ByEvent: true }
            ? server.Options.KeyspaceNotifications.Classes : KeyspaceEventClass.None;

    public bool WantsModified => false;

    public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key)
    {
        var wanted = server.Options.KeyspaceNotifications;
        if (wanted.ByKey) Publish("__keyspace@"u8, database.Number, key.Bytes, name);
        if (wanted.ByEvent) Publish("__keyevent@"u8, database.Number, name, key.Bytes);
    }

    private void Publish(ReadOnlySpan<byte> prefix, int database, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> text)
    {
        var length = (long)prefix.Length + IntegerText.LengthMax + 3 + topic.Length;
        // No message can be as long.
        if (length > Array.MaxLength) return;
        if (_channel.Length < length) _channel = new byte[length];
        prefix.CopyTo(_channel);
        var used = prefix.Length + IntegerText.Format(database, _channel.AsSpan(prefix.Length));
        "__:"u8.CopyTo(_channel.AsSpan(used));
        topic.CopyTo(_channel.AsSpan(used + 3));
        server.Subscriptions.Publish(SubscriptionKind.Channel, _channel.AsSpan(0, used + 3 + topic.Length), text);
        if (_channel.Length > ChannelKeptMax) _channel = new byte[256];
    }

    public void OnModified(Author author, Database database, Key key) { }

    public void OnFlushing(Database? database) { }

    public void OnSwapping(Database one, Database other) { }
}
