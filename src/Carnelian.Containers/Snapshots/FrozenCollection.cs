namespace Carnelian;

/// <summary>A collection whose nodes a snapshot holds until they are let go bit by bit.</summary>
public readonly unsafe struct FrozenCollection
{
    private readonly byte* _block;
    private readonly bool _isStream;

    internal FrozenCollection(FrozenList list) => _block = list.Block;

    internal FrozenCollection(FrozenStream stream)
    {
        _block = stream.Block;
        _isStream = true;
    }

    /// <inheritdoc cref="FrozenList.ReleaseSome"/>
    public bool ReleaseSome(int nodesMax, TableHost host) =>
        _isStream ? new FrozenStream(_block).ReleaseSome(nodesMax, host) : new FrozenList(_block).ReleaseSome(nodesMax, host);
}
