namespace Carnelian;

/// <summary>
/// A slot's keys while they arrive from elsewhere. They are in no database, so that no count, SCAN, expiry or eviction meets them, until
/// <see cref="SlotOperations.TryAttach"/> shows them all at once.
/// </summary>
public sealed class SlotImport
{
    internal SlotImport(Keyspace keyspace, Database target, int slot)
    {
        Slot = slot;
        Target = target;
        Arriving = new(target.Number, keyspace, new Dataset(new(keyspace.Host), usesSlots: false)) { IsHidden = true };
    }

    public int Slot { get; }

    /// <summary>Where the keys are to appear.</summary>
    public Database Target { get; }

    /// <summary>
    /// Stands for a database in <see cref="Keyspace.Edit"/> and the like; no listener hears of what happens in it. Whoever fills it does so under
    /// <see cref="ExpiryPolicy.Ignore"/>: which key's time is over the other side says.
    /// </summary>
    public Database Arriving { get; }
}
