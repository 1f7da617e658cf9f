namespace Carnelian;

public enum EvictionOutcome
{
    /// <summary>A key was deleted.</summary>
    Evicted,

    /// <summary>There are keys that may go, but in a bounded search none was found.</summary>
    NotFound,

    /// <summary>There is no key that may go.</summary>
    Exhausted,
}

/// <summary>
/// Chooses keys by the policy and deletes them, one at a time: how many must go, and how long that may take, its caller knows. As in Redis (evict.c), keys are
/// drawn at random from each database and compared with the best of earlier draws; the best of all goes. Unlike there, one that was used since it was
/// drawn stays.
/// </summary>
public sealed class Eviction(Keyspace keyspace)
{
    /// <summary>Draws without success before the search is given up for now.</summary>
    private const int DrawsMax = 2;

    private readonly EvictionPool _pool = new();
    private readonly EntryList _drawn = new();

    /// <summary>What the next draws from each database will be.</summary>
    private (ulong Next, ulong AfterNext)[] _ahead = [];
    private EvictionPolicy _policy;
    private int _nextDatabase;

    private KeyspaceOptions Options => keyspace.Options;

    /// <summary>Deletes a key, if there is one that may go. Between calls, in the name of the keyspace; the caller releases what is retired.</summary>
    public EvictionOutcome EvictOne()
    {
        if (_policy != Options.EvictionPolicy)
        {
            _policy = Options.EvictionPolicy;
            _pool.Clear();
        }
        if (_policy == EvictionPolicy.NoEviction) return EvictionOutcome.Exhausted;
        return _policy.IsRandom() ? EvictRandom() : EvictBest();
    }

    private long CandidatesOf(Database database) => _policy.TakesAnyKey() ? database.Data.Count : database.Data.Expiring;

    // ---- the best

    private EvictionOutcome EvictBest()
    {
        for (var draws = 0; draws < DrawsMax; draws++)
        {
            if (!DrawFromAll()) return EvictionOutcome.Exhausted;
            while (_pool.TryTake(out var score, out var database, out var key))
            {
                if (TryEvict(keyspace.Databases[database], key, score)) return EvictionOutcome.Evicted;
            }
        }
        return EvictionOutcome.NotFound;
    }

    /// <summary>False if there is nothing to draw from.</summary>
    private bool DrawFromAll()
    {
        var hasCandidates = false;
        foreach (var database in keyspace.Databases)
        {
            if (CandidatesOf(database) == 0) continue;
            hasCandidates = true;
            Draw(database);
        }
        return hasCandidates;
    }

    private void Draw(Database database)
    {
        Draw(database, Options.EvictionSamples);
        for (var i = 0; i < _drawn.Count; i++)
        {
            var entry = _drawn[i];
            if (!MayGo(entry)) continue;
            var score = Score(entry);
            if (_pool.Wants(score)) _pool.Offer(score, database.Number, keyspace.KeyOf(entry.Key));
        }
    }

    private void Draw(Database database, int keys)
    {
        _drawn.Clear();
        database.Data.Draw(NextChance(database), keys, due: !_policy.TakesAnyKey(), _drawn);
    }

    /// <summary>
    /// Draws a chance two draws ahead, so that the processor has the buckets when the next draw is made, and the entries by the time of the one after that: between two
    /// draws a request is run.
    /// </summary>
    private ulong NextChance(Database database)
    {
        if (_ahead.Length < keyspace.Databases.Length) Array.Resize(ref _ahead, keyspace.Databases.Length);
        ref var ahead = ref _ahead[database.Number];
        var chance = ahead.Next;
        ahead = (ahead.AfterNext, keyspace.Randomness.Next());
        if (!_policy.TakesAnyKey()) return chance;
        database.Data.PrefetchDrawn(ahead.Next, Options.EvictionSamples);
        database.Data.PrefetchDraw(ahead.AfterNext);
        return chance;
    }

    private bool MayGo(EntryView entry) => entry.Expires || _policy.TakesAnyKey();

    /// <summary>The higher, the sooner the key is to go. Using it lowers that.</summary>
    private ulong Score(EntryView entry)
    {
        if (_policy == EvictionPolicy.VolatileTtl) return ulong.MaxValue - (ulong)entry.ExpiryMs;
        return (ulong)(_policy.CountsUses() ? byte.MaxValue - keyspace.Access.Frequency(entry) : keyspace.Access.IdleMs(entry));
    }

    /// <summary>False if the key is gone, may stay, or has been used since it was drawn.</summary>
    private bool TryEvict(Database database, Key key, ulong score)
    {
        var table = database.Data.TableOf(key.Slot);
        table.Step();
        var found = table.Find(key.Bytes, key.Hash);
        if (!found.Exists || !MayGo(found.View) || Score(found.View) < score || keyspace.Held.Contains(database, key)) return false;
        keyspace.Evict(database, key, ref found);
        return true;
    }

    // ---- any

    /// <summary>From one database after the other.</summary>
    private EvictionOutcome EvictRandom()
    {
        var outcome = EvictionOutcome.Exhausted;
        for (var i = 0; i < keyspace.Databases.Length; i++)
        {
            _nextDatabase = (_nextDatabase + 1) % keyspace.Databases.Length;
            var database = keyspace.Databases[_nextDatabase];
            if (CandidatesOf(database) == 0) continue;
            outcome = EvictionOutcome.NotFound;
            Draw(database, keys: 1);
            if (TryEvictDrawn(database)) return EvictionOutcome.Evicted;
        }
        return outcome;
    }

    /// <summary>One of those that a bucket has.</summary>
    private bool TryEvictDrawn(Database database)
    {
        var first = _drawn.Count > 0 ? keyspace.Randomness.Below(_drawn.Count) : 0;
        for (var i = 0; i < _drawn.Count; i++)
        {
            var entry = _drawn[(first + i) % _drawn.Count];
            if (!MayGo(entry) || keyspace.Held.Contains(database, keyspace.KeyOf(entry.Key))) continue;
            Evict(database, keyspace.KeyOf(entry.Key));
            return true;
        }
        return false;
    }

    private void Evict(Database database, Key key)
    {
        var table = database.Data.TableOf(key.Slot);
        table.Step();
        var found = table.Find(key.Bytes, key.Hash);
        keyspace.Evict(database, key, ref found);
    }
}
