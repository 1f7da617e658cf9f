namespace Carnelian;

/// <summary>Blocked calls by when they are due, soonest first: a binary heap in which each call knows its place, so that one that is served leaves at once.</summary>
internal sealed class Deadlines
{
    private readonly List<BlockedCall> _heap = [];

    /// <summary>The call that is due first, or null.</summary>
    public BlockedCall? First => _heap.Count == 0 ? null : _heap[0];

    public void Add(BlockedCall call)
    {
        Check.That(call.DeadlinePlace < 0);
        _heap.Add(call);
        Rise(_heap.Count - 1, call);
    }

    /// <summary>Does nothing when it has none.</summary>
    public void Remove(BlockedCall call)
    {
        var place = call.DeadlinePlace;
        if (place < 0) return;
        Check.That(_heap[place] == call);
        call.DeadlinePlace = -1;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last == call) return;
        Put(place, last);
        Sink(place, last);
        Rise(last.DeadlinePlace, last);
    }

    private void Rise(int place, BlockedCall call)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var parent && parent.DueMs > call.DueMs)
        {
            Put(place, parent);
            place = (place - 1) / 2;
        }
        Put(place, call);
    }

    private void Sink(int place, BlockedCall call)
    {
        while (2 * place + 1 < _heap.Count)
        {
            var child = 2 * place + 1;
            if (child + 1 < _heap.Count && _heap[child + 1].DueMs < _heap[child].DueMs) child++;
            if (_heap[child].DueMs >= call.DueMs) break;
            Put(place, _heap[child]);
            place = child;
        }
        Put(place, call);
    }

    private void Put(int place, BlockedCall call)
    {
        _heap[place] = call;
        call.DeadlinePlace = place;
    }
}
