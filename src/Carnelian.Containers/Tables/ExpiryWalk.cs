using System.Numerics;

namespace Carnelian;

/// <summary>
/// Walks over those entries of a hash table that expire. Each walk looks at the groups' times first (<see cref="DueTimes"/>) and passes by the groups that
/// have nothing for it.
/// </summary>
internal readonly unsafe struct ExpiryWalk<TLayout>(TableRoot* root) where TLayout : struct, IEntryLayout
{
    /// <summary>Times of groups that cost as much to look through as a few buckets: 32 KiB.</summary>
    private const int GroupsPerLook = 4096;

    private const int LooksPerSampleMax = 16, LooksPerDrawMax = 64;

    private readonly TableRoot* _root = root;

    /// <summary>A time that is not later than any at which an entry is due. Once it has come, a round of <see cref="ScanDue"/> finds a later one.</summary>
    public long NextDueMs => Math.Min(_root->Main.Due.Least(_root->Main.Groups), _root->Target.Due.Least(_root->Target.Groups));

    private long Groups => GroupsOf(_root->Main) + GroupsOf(_root->Target);

    private static long GroupsOf(in BucketArray array) => array.Buckets == null ? 0 : array.Groups;

    /// <summary>
    /// Offers the entries that are over at a time (their own time lies before it) to <paramref name="visitor"/>, from group
    /// <paramref name="cursor"/> on (numbers of the main and then of the target array), until it has looked at <paramref name="groupsMax"/> groups; many
    /// groups that have nothing to offer count as one. The times of the groups are then exact, as if what the visitor has taken were gone.
    /// The visitor must not change the table. Returns where to go on; 0 after the last group.
    /// </summary>
    public long ScanDue<TVisitor>(long cursor, long nowMs, int groupsMax, ref TVisitor visitor) where TVisitor : struct, IDueVisitor
    {
        var mainGroups = GroupsOf(_root->Main);
        var total = Groups;
        if (cursor >= total) cursor = 0;
        for (var looked = 0; looked < groupsMax && cursor < total; looked++)
        {
            var inMain = cursor < mainGroups;
            ref readonly var array = ref inMain ? ref _root->Main : ref _root->Target;
            var start = inMain ? 0 : mainGroups;
            var group = NextGroup(array, cursor - start, nowMs);
            cursor = start + group;
            if (group == array.Groups || array.Due.Of(group) >= nowMs) continue;
            VisitDue(array, group, nowMs, ref visitor);
            cursor++;
        }
        return cursor >= total ? 0 : cursor;
    }

    private static void VisitDue<TVisitor>(in BucketArray array, long group, long nowMs, ref TVisitor visitor) where TVisitor : struct, IDueVisitor
    {
        var offer = new Offer<TVisitor> { Visitor = visitor, NowMs = nowMs, LeastMs = DueTimes.Never };
        VisitGroup(array, group, ref offer);
        visitor = offer.Visitor;
        array.Due.Set(group, offer.LeastMs);
    }

    private struct Offer<TVisitor> : IEntryVisitor where TVisitor : struct, IDueVisitor
    {
        public TVisitor Visitor;
        public long NowMs;

        /// <summary>Of the entries that stay.</summary>
        public long LeastMs;

        public void Visit(byte* entry, bool expires)
        {
            var dueMs = TLayout.DueOf(entry);
            if (dueMs >= NowMs || !Visitor.Take(entry)) LeastMs = Math.Min(LeastMs, Math.Min(dueMs, DueTimes.Never - 1));
        }
    }

    /// <summary>
    /// Calls <paramref name="visitor"/> for all entries that expire, from bucket <paramref name="cursor"/> on (numbers of the main and then
    /// of the target array), until it has looked at <paramref name="bucketsMax"/> buckets; many groups without such entries count as one.
    /// The visitor must not change the table. Returns where to go on; 0 after the last bucket.
    /// </summary>
    public long ScanExpiring<TVisitor>(long cursor, int bucketsMax, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        var total = _root->Buckets;
        if (cursor >= total) cursor = 0;
        for (var looked = 0; looked < bucketsMax && cursor < total; looked++)
        {
            ref readonly var array = ref cursor < _root->Main.Size ? ref _root->Main : ref _root->Target;
            var start = cursor < _root->Main.Size ? 0 : _root->Main.Size;
            var number = cursor - start;
            var group = number >> BucketArray.GroupShift;
            if (array.Due.Of(group) == DueTimes.Never)
            {
                cursor = start + Math.Min(NextGroup(array, group, DueTimes.Never) << BucketArray.GroupShift, array.Size);
                continue;
            }
            VisitExpiring(array.Buckets + number, ref visitor);
            cursor++;
        }
        return cursor >= total ? 0 : cursor;
    }

    private static void VisitExpiring<TVisitor>(Bucket* bucket, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        for (; bucket != null; bucket = bucket->Next)
        {
            for (var present = bucket->Present; present != 0; present &= present - 1)
            {
                var slot = (*bucket)[BitOperations.TrailingZeroCount(present)];
                if (Bucket.ExpiresOf(slot)) visitor.Visit(Bucket.EntryOf(slot), true);
            }
        }
    }

    /// <summary>
    /// Draws a group, then one of the entries that expire in it or in the next group that has any. So an entry is the likelier the fewer there are in its
    /// group, and the more groups without any lie before it: where all entries expire, chances differ by a sixth or so; where few do, several times.
    /// Null when there is none, or none was found in a bounded number of looks.
    /// </summary>
    /// <param name="chance">A random number, the only source of chance here.</param>
    public byte* SampleExpiring(ulong chance)
    {
        var mainGroups = GroupsOf(_root->Main);
        var total = Groups;
        var drawn = (long)Math.BigMul(chance, (ulong)total, out _);
        for (var looks = 0; looks < LooksPerSampleMax && _root->Due > 0; looks++)
        {
            if (drawn >= total) drawn = 0;
            var inMain = drawn < mainGroups;
            ref readonly var array = ref inMain ? ref _root->Main : ref _root->Target;
            var start = inMain ? 0 : mainGroups;
            var group = NextGroup(array, drawn - start, DueTimes.Never);
            drawn = start + group;
            if (group == array.Groups || array.Due.Of(group) == DueTimes.Never) continue;
            var count = new Picker { Place = int.MaxValue };
            VisitGroup(array, group, ref count);
            if (count.Seen == 0)
            {
                array.Due.Set(group, DueTimes.Never);
                continue;
            }
            var picker = new Picker { Place = (int)(TableWalk.Mix(chance) % (ulong)count.Seen) };
            VisitGroup(array, group, ref picker);
            return picker.Picked;
        }
        return null;
    }

    /// <summary>
    /// As <see cref="TableWalk.Draw"/>, of entries that expire. Where so few do that the buckets drawn have none, the walk goes on for a bounded number of looks, and how
    /// fair that is, <see cref="SampleExpiring"/> tells.
    /// </summary>
    /// <param name="buckets">Of how many buckets the entries are wanted.</param>
    /// <param name="chance">A random number, the only source of chance here.</param>
    public void Draw<TVisitor>(ulong chance, long buckets, ref TVisitor visitor) where TVisitor : struct, IDrawVisitor
    {
        var total = _root->Buckets;
        var cursor = (long)Math.BigMul(chance, (ulong)total, out _);
        long passed = 0;
        for (var left = LooksPerDrawMax; left > 0 && passed < total && (passed < buckets || !visitor.HasFound); left--)
        {
            var next = ScanExpiring(cursor, 1, ref visitor);
            // Behind the last bucket comes the first.
            passed += next > cursor ? next - cursor : total - cursor;
            cursor = next;
        }
    }

    private struct Picker : IEntryVisitor
    {
        public int Place, Seen;
        public byte* Picked;

        public void Visit(byte* entry, bool expires)
        {
            if (Seen++ == Place) Picked = entry;
        }
    }

    private static void VisitGroup<TVisitor>(in BucketArray array, long group, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        for (var number = group << BucketArray.GroupShift; number < EndOf(array, group); number++) VisitExpiring(array.Buckets + number, ref visitor);
    }

    private static long EndOf(in BucketArray array, long group) => Math.Min((group + 1) << BucketArray.GroupShift, array.Size);

    /// <summary>The next group with something that expires before a time, or the one where looking for it was given up.</summary>
    private static long NextGroup(in BucketArray array, long group, long beforeMs) =>
        array.Due.IsNone ? array.Groups : array.Due.Next(group, Math.Min(array.Groups - group, GroupsPerLook), beforeMs);
}
