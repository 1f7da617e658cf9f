namespace Carnelian;

/// <summary>What a value that was read has.</summary>
internal readonly record struct ValueFacts(long Elements, bool FieldsExpire);

/// <summary>
/// Reads values one after the other without keeping any: with the very reader that a server loads with, so that what it accepts here it accepts there. A collection is put together in a
/// keyspace of its own and freed before the next; a string never gets that far. So the memory that this takes is that of the largest value.
/// </summary>
internal sealed class ScratchValues : IDisposable
{
    private readonly BlockAllocator _allocator = new(new());
    private readonly Keyspace _keyspace;
    private readonly RdbValueReader _reader;
    private readonly RdbScratch _text = new();

    /// <param name="randomness">A file may be made by somebody who means harm: tables need seeds that nobody knows.</param>
    public ScratchValues(Randomness randomness)
    {
        _keyspace = new(new() { Databases = 1 }, _allocator, randomness) { DefaultPolicy = ExpiryPolicy.Ignore };
        _reader = new(_keyspace) { UnknownModules = UnknownModules.Skip };
    }

    public RdbOutcome Read(scoped ref RdbReader input, scoped in RdbKey key, out ValueFacts facts)
    {
        facts = new(1, false);
        if (key.Type == (byte)RdbType.String) return input.TryString(_text, out _) ? RdbOutcome.Read : RdbOutcome.Damaged;
        var edit = Edit();
        var outcome = _reader.Read(ref input, key.Type, key.Version, ref edit, EntryView.NoExpiry);
        if (outcome == RdbOutcome.Read)
        {
            var data = _keyspace.Databases[0].Data;
            if (key.Type != (byte)RdbType.Module2) facts = new(data.SizeOf(edit.View), data.FieldsExpiring > 0);
            Free();
        }
        _allocator.ReleaseRetired();
        while (_keyspace.LazyFree.IsPending) _keyspace.LazyFree.Run(new Budget(int.MaxValue));
        return outcome;
    }

    private KeyEdit Edit() => _keyspace.EditEvenExpired(_keyspace.Databases[0], _keyspace.KeyOf(default));

    private void Free()
    {
        var edit = Edit();
        edit.Delete(KeyspaceEvent.Delete);
    }

    public void Dispose()
    {
        _keyspace.Dispose();
        _allocator.Dispose();
    }
}
