namespace Carnelian;

/// <summary>
/// The best candidates for eviction that were seen so far, of all databases (Redis' eviction pool): what one sample offers and the next ones do not beat
/// is not lost. A candidate is a key's bytes, because the key may be gone or changed by the time that it is taken.
/// </summary>
internal sealed class EvictionPool
{
    public const int Size = 16;

    /// <summary>From the worst to the best. What lies behind <see cref="_count"/> keeps its bytes for use again.</summary>
    private readonly Candidate[] _candidates = new Candidate[Size];
    private int _count;

    public EvictionPool()
    {
        for (var i = 0; i < Size; i++) _candidates[i].Bytes = [];
    }

    public void Clear() => _count = 0;

    /// <summary>Whether a candidate with such a score would be kept.</summary>
    public bool Wants(ulong score) => _count < Size || score > _candidates[0].Score;

    /// <summary>Keeps a key with its score: the higher, the better. It takes the place of the worst if there is no other, and of what was kept of the key itself.</summary>
    public void Offer(ulong score, int database, Key key)
    {
        Drop(database, key.Hash);
        if (!Wants(score)) return;
        if (_count == Size) Remove(0);
        var at = _count++;
        var added = _candidates[at];
        for (; at > 0 && _candidates[at - 1].Score >= score; at--) _candidates[at] = _candidates[at - 1];
        added.Set(score, database, key);
        _candidates[at] = added;
    }

    private void Drop(int database, ulong hash)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_candidates[i].Hash != hash || _candidates[i].Database != database) continue;
            Remove(i);
            return;
        }
    }

    private void Remove(int i)
    {
        var removed = _candidates[i];
        for (_count--; i < _count; i++) _candidates[i] = _candidates[i + 1];
        _candidates[_count] = removed;
    }

    /// <summary>Takes the best candidate out. Its key's bytes are valid until the next offer.</summary>
    public bool TryTake(out Candidate best)
    {
        best = default;
        if (_count == 0) return false;
        best = _candidates[--_count];
        return true;
    }

    public struct Candidate
    {
        /// <summary>The array of a longer key is not used again.</summary>
        private const int BytesKeptMax = 1024;

        private int _length, _slot;

        public ulong Score { get; private set; }

        public ulong Hash { get; private set; }

        public int Database { get; private set; }

        internal byte[] Bytes { get; set; }

        public readonly Key Key => new(Bytes.AsSpan(0, _length), Hash, _slot);

        internal void Set(ulong score, int database, Key key)
        {
            (Score, Database, Hash, _slot, _length) = (score, database, key.Hash, key.Slot, key.Bytes.Length);
            if (Bytes.Length < _length || Bytes.Length > BytesKeptMax) Bytes = new byte[_length];
            key.Bytes.CopyTo(Bytes);
        }
    }
}
