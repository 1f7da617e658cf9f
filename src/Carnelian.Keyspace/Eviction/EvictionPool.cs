namespace Carnelian;

/// <summary>
/// The best candidates for eviction that were seen so far, of all databases (Redis' eviction pool): what one draw offers and the next ones do not beat is not
/// lost. A candidate is a key's bytes, because the key may be gone or changed by the time that it is taken.
/// </summary>
internal sealed class EvictionPool
{
    public const int Size = 16;

    /// <summary>The array of a longer key is not used again.</summary>
    private const int BytesKeptMax = 1024;

    /// <summary>From the worst to the best; behind <see cref="_count"/> the places that are free.</summary>
    private readonly (ulong Score, int Place)[] _ranking = new (ulong, int)[Size];

    // By place.
    private readonly ulong[] _hashes = new ulong[Size];
    private readonly (int Database, int Slot, int Length)[] _keys = new (int, int, int)[Size];
    private readonly byte[][] _bytes = new byte[Size][];
    private int _count;

    public EvictionPool()
    {
        for (var i = 0; i < Size; i++) (_ranking[i].Place, _bytes[i]) = (i, []);
    }

    public void Clear() => _count = 0;

    /// <summary>Whether a candidate with such a score would be kept.</summary>
    public bool Wants(ulong score) => _count < Size || score > _ranking[0].Score;

    /// <summary>Keeps a key with its score: the higher, the better. It takes the place of the worst if there is no other, and of what was kept of the key itself.</summary>
    public void Offer(ulong score, int database, Key key)
    {
        Drop(database, key.Hash);
        if (!Wants(score)) return;
        if (_count == Size) Remove(0);
        var at = _count++;
        var place = _ranking[at].Place;
        for (; at > 0 && _ranking[at - 1].Score >= score; at--) _ranking[at] = _ranking[at - 1];
        _ranking[at] = (score, place);
        Store(place, database, key);
    }

    private void Store(int place, int database, Key key)
    {
        _hashes[place] = key.Hash;
        _keys[place] = (database, key.Slot, key.Bytes.Length);
        ref var bytes = ref _bytes[place];
        if (bytes.Length < key.Bytes.Length || bytes.Length > BytesKeptMax) bytes = new byte[key.Bytes.Length];
        key.Bytes.CopyTo(bytes);
    }

    private void Drop(int database, ulong hash)
    {
        // Seldom: a free place may have it, too.
        if (!_hashes.AsSpan().Contains(hash)) return;
        for (var i = _count - 1; i >= 0; i--)
        {
            var place = _ranking[i].Place;
            if (_hashes[place] == hash && _keys[place].Database == database) Remove(i);
        }
    }

    private void Remove(int i)
    {
        var removed = _ranking[i];
        for (_count--; i < _count; i++) _ranking[i] = _ranking[i + 1];
        _ranking[_count] = removed;
    }

    /// <summary>Takes the best candidate out. Its bytes are valid until the next offer.</summary>
    public bool TryTake(out ulong score, out int database, out Key key)
    {
        (score, database) = (0, 0);
        key = default;
        if (_count == 0) return false;
        (score, var place) = _ranking[--_count];
        (database, var slot, var length) = _keys[place];
        key = new(_bytes[place].AsSpan(0, length), _hashes[place], slot);
        return true;
    }
}
