using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A directory, or the bytes of a file and what of them a crash would leave.</summary>
internal sealed class SimulatedInode
{
    private const int SectorBytes = 512;

    private readonly List<byte> _bytes = [];
    private int _durableLength;

    /// <summary>The durable content from before a truncation that is not yet durable.</summary>
    private byte[]? _untruncated;

    /// <summary>What a failed sync gave up: it can be read until a crash, and never becomes durable.</summary>
    private readonly List<(int From, int To)> _givenUp = [];

    /// <summary>Counts truncations, so that a sync that was under way does not make durable what came after one.</summary>
    private int _truncations;

    public bool IsDirectory { get; init; }

    public int Length => _bytes.Count;

    public int Read(long position, Span<byte> destination)
    {
        if (position < 0 || position >= _bytes.Count) return 0;
        var count = Math.Min(destination.Length, _bytes.Count - (int)position);
        CollectionsMarshal.AsSpan(_bytes).Slice((int)position, count).CopyTo(destination);
        return count;
    }

    public void Append(ReadOnlySpan<byte> source) => _bytes.AddRange(source);

    public void Truncate(int length)
    {
        _truncations++;
        if (length < _durableLength)
        {
            _untruncated ??= _bytes.GetRange(0, _durableLength).ToArray();
            _durableLength = length;
        }
        for (var i = _givenUp.Count - 1; i >= 0; i--)
        {
            if (_givenUp[i].From >= length) _givenUp.RemoveAt(i);
            else if (_givenUp[i].To > length) _givenUp[i] = (_givenUp[i].From, length);
        }
        _bytes.RemoveRange(length, _bytes.Count - length);
    }

    /// <summary>What a sync that begins now is to make durable.</summary>
    public (int Length, int Truncations) SyncStart => (_bytes.Count, _truncations);

    public void Sync((int Length, int Truncations) start)
    {
        if (start.Truncations != _truncations) return;
        _durableLength = Math.Max(_durableLength, start.Length);
        _untruncated = null;
    }

    /// <summary>A sync has failed, and the system forgets that these bytes were to be written.</summary>
    public void GiveUp()
    {
        if (_durableLength == _bytes.Count) return;
        _givenUp.Add((_durableLength, _bytes.Count));
        _durableLength = _bytes.Count;
    }

    public void Crash(Randomness chance)
    {
        if (_untruncated is not null && chance.Below(2) == 0)
        {
            _bytes.Clear();
            _bytes.AddRange(_untruncated);
        }
        else
        {
            var kept = _durableLength + chance.Below(_bytes.Count - _durableLength + 1);
            _bytes.RemoveRange(kept, _bytes.Count - kept);
            // The length may have reached the disk while the bytes have not: then zeros stand for them.
            switch (chance.Below(8))
            {
                case 0 or 1:
                    Clear(_durableLength + chance.Below(kept - _durableLength + 1), kept);
                    break;
                case 2 or 3 or 4:
                    ClearSectors(chance);
                    break;
            }
        }
        foreach (var (from, to) in _givenUp) Clear(from, to);
        _givenUp.Clear();
        Sync(SyncStart);
    }

    /// <summary>Sectors reach the disk in any order.</summary>
    private void ClearSectors(Randomness chance)
    {
        for (var from = _durableLength; from < _bytes.Count;)
        {
            var to = Math.Min(_bytes.Count, (from / SectorBytes + 1) * SectorBytes);
            if (chance.Below(2) == 0) Clear(from, to);
            from = to;
        }
    }

    private void Clear(int from, int to)
    {
        to = Math.Min(to, _bytes.Count);
        if (from < to) CollectionsMarshal.AsSpan(_bytes)[from..to].Clear();
    }
}
