namespace Carnelian;

/// <summary>
/// A HyperLogLog while its registers are raised: dense registers where they are, sparse ones in a copy that has room, until <see cref="Save"/>. It is valid
/// as far as <see cref="HyperLogLog.IsValid"/> tells.
/// </summary>
internal ref struct HyperLogLogEdit
{
    private readonly TableHost _host;
    private KeyEdit _edit;
    private ReadOnlySpan<byte> _value;

    /// <summary>Where the registers are written; empty as long as nothing has changed.</summary>
    private Span<byte> _written;
    private bool _isCopy;

    public HyperLogLogEdit(KeyEdit edit, TableHost host)
    {
        _host = host;
        _edit = edit;
        _value = edit.Exists ? edit.View.Value : HyperLogLog.Empty;
        if (!edit.Exists) Changes = 1;
    }

    /// <summary>How often something has changed; that a key is made counts too.</summary>
    public int Changes { get; private set; }

    /// <summary>Raises a register; false when the value is found to be corrupt.</summary>
    public bool TryRaise(int register, byte count)
    {
        if (HyperLogLog.IsDense(_value))
        {
            RaiseDense(register, count);
            return true;
        }
        Copy();
        var sparse = new SparseRegisters(_written[HyperLogLog.HeaderBytes..], _value.Length - HyperLogLog.HeaderBytes);
        var raised = sparse.Raise(register, count, _host.SparseHyperLogLogMax - HyperLogLog.HeaderBytes, out var mustBeDense);
        if (mustBeDense)
        {
            if (!TryMakeDense()) return false;
            RaiseDense(register, count);
            return true;
        }
        if (raised == true) Changes++;
        _value = _written[..(HyperLogLog.HeaderBytes + sparse.Length)];
        return raised is not null;
    }

    private void RaiseDense(int register, byte count)
    {
        if (DenseRegisters.Get(_value[HyperLogLog.HeaderBytes..], register) >= count) return;
        if (_written.IsEmpty) _value = _written = _edit.Resize(HyperLogLog.DenseBytes, ValueEncoding.Raw, null);
        DenseRegisters.Set(_written[HyperLogLog.HeaderBytes..], register, count);
        Changes++;
    }

    /// <summary>Makes sparse registers dense; false when they are corrupt.</summary>
    public bool TryMakeDense()
    {
        if (HyperLogLog.IsDense(_value)) return true;
        var dense = _host.Allocator.Scratch(HyperLogLog.DenseBytes);
        if (!HyperLogLog.TryMakeDense(_value, dense)) return false;
        _value = _written = dense;
        _isCopy = true;
        return true;
    }

    private void Copy()
    {
        var room = _value.Length + SparseRegisters.GrowthMax;
        if (_isCopy && _written.Length >= room) return;
        // So much more that a request with many elements copies it a few times only.
        var copy = _host.Allocator.Scratch(room + room / 2);
        _value.CopyTo(copy);
        _written = copy;
        _value = copy[.._value.Length];
        _isCopy = true;
    }

    /// <summary>Writes what was changed, and says that the cardinality is not up to date any more if <paramref name="happened"/> is something.</summary>
    public void Save(ref Call call, KeyspaceEvent? happened)
    {
        var value = _isCopy || _written.IsEmpty ? _edit.Resize(_value.Length, ValueEncoding.Raw, null) : _written;
        if (_isCopy || _written.IsEmpty) _value.CopyTo(value);
        if (happened is null) return;
        HyperLogLog.MarkStale(value);
        call.Raise(1, happened);
    }
}
