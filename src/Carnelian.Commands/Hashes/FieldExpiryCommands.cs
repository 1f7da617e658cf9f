using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on the time that fields of hashes have to live.</summary>
[CommandFamily("hash")]
internal static class FieldExpiryCommands
{
    private const int NoField = -2, NoExpiry = -1, NotAllowed = 0, Done = 1, Deleted = 2;

    [Command("HEXPIRE", Summary = "Set expiry for hash field using relative time to expire (seconds)", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key seconds:integer [condition: NX | XX | GT | LT] (FIELDS fields: numfields:integer field...)")]
    internal static void Expire(ref Call call) => SetExpiry(ref call, new(InSeconds: true, IsMoment: false, Argument: 2));

    [Command("HPEXPIRE", Summary = "Set expiry for hash field using relative time to expire (milliseconds)", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key milliseconds:integer [condition: NX | XX | GT | LT] (FIELDS fields: numfields:integer field...)")]
    internal static void ExpireMilliseconds(ref Call call) => SetExpiry(ref call, new(InSeconds: false, IsMoment: false, Argument: 2));

    [Command("HEXPIREAT", Summary = "Set expiry for hash field using an absolute Unix timestamp (seconds)", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key unix-time-seconds:unix-time [condition: NX | XX | GT | LT] (FIELDS fields: numfields:integer field...)")]
    internal static void ExpireAt(ref Call call) => SetExpiry(ref call, new(InSeconds: true, IsMoment: true, Argument: 2));

    [Command("HPEXPIREAT", Summary = "Set expiry for hash field using an absolute Unix timestamp (milliseconds)", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key unix-time-milliseconds:unix-time [condition: NX | XX | GT | LT] (FIELDS fields: numfields:integer field...)")]
    internal static void ExpireAtMilliseconds(ref Call call) => SetExpiry(ref call, new(InSeconds: false, IsMoment: true, Argument: 2));

    private static void SetExpiry(ref Call call, ExpiryOption given)
    {
        const int NumbersOnStack = 256;
        var hash = call.EditHash(1);
        if (call.Failed || !FieldArguments.TryTime(ref call, given, out var expiryMs)) return;
        var condition = ExpiryConditions.Of(call.Args[3]);
        if (!FieldArguments.TryFields(ref call, condition == ExpiryCondition.None ? 3 : 4, out var first, "ERR Parameter `numFields` should be greater than 0")) return;
        var fields = call.Args.Count - first;
        call.Reply.Array(fields);
        hash.AllowExpiry();
        var isPast = FieldArguments.IsPast(ref call, expiryMs);
        // Which fields were set: those alone are propagated.
        int[]? rented = fields > NumbersOnStack ? System.Buffers.ArrayPool<int>.Shared.Rent(fields) : null;
        Span<int> set = rented ?? stackalloc int[NumbersOnStack];
        int done = 0, deleted = 0;
        for (var i = first; i < call.Args.Count; i++)
        {
            var result = SetExpiry(ref hash, call.Args[i], expiryMs, condition, isPast);
            if (result == Done) set[done++] = i;
            if (result == Deleted) FieldArguments.PropagateDeletion(ref call, i);
            deleted += result == Deleted ? 1 : 0;
            call.Reply.Integer(result);
        }
        if (done + deleted > 0)
        {
            hash.Changed(done + deleted, deleted > 0 ? KeyspaceEvent.HashDelete : KeyspaceEvent.HashExpire);
            hash.DeleteIfEmpty();
        }
        if (done > 0 && call.HasListeners && !(given.IsUnixMilliseconds && done == fields)) PropagateMoment(ref call, given, expiryMs, first, set[..done]);
        if (rented is not null) System.Buffers.ArrayPool<int>.Shared.Return(rented);
    }

    /// <summary>A field whose time is over, but which is still there, is like any other here, as in Redis.</summary>
    private static int SetExpiry(scoped ref HashEdit hash, ReadOnlySpan<byte> name, long expiryMs, ExpiryCondition condition, bool isPast)
    {
        var field = hash.Find(name);
        if (!field.Exists) return NoField;
        if (!condition.Allows(field.ExpiryMs, expiryMs)) return NotAllowed;
        if (isPast) hash.Delete(name);
        else hash.SetExpiry(name, expiryMs);
        return isPast ? Deleted : Done;
    }

    /// <summary>The moment instead of the span or of seconds, and only the fields for which it was set; conditions stay.</summary>
    private static void PropagateMoment(ref Call call, ExpiryOption given, long expiryMs, int first, scoped ReadOnlySpan<int> set)
    {
        var isSame = given.IsUnixMilliseconds;
        var effect = call.BeginEffect(first + set.Length).Append(isSame ? call.Args[0] : "HPEXPIREAT"u8).Append(call.Args[1]);
        if (isSame) effect.Append(call.Args[2]);
        else effect.Append(expiryMs);
        for (var i = 3; i < first - 1; i++) effect.Append(call.Args[i]);
        if (set.Length == call.Args.Count - first) effect.Append(call.Args[first - 1]);
        else effect.Append(set.Length);
        foreach (var argument in set) effect.Append(call.Args[argument]);
    }

    [Command("HPERSIST", Summary = "Removes the expiration time for each specified field", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key (FIELDS fields: numfields:integer field...)")]
    internal static void Persist(ref Call call)
    {
        var hash = call.EditHash(1);
        if (call.Failed || !FieldArguments.TryFields(ref call, 2, out var first)) return;
        call.Reply.Array(call.Args.Count - first);
        var isChanged = false;
        for (var i = first; i < call.Args.Count; i++)
        {
            var field = hash.Find(call.Args[i]);
            var result = !field.Exists || hash.IsOver(field) ? NoField : field.Expires ? Done : NoExpiry;
            if (result == Done) hash.SetExpiry(call.Args[i], EntryView.NoExpiry);
            isChanged |= result == Done;
            call.Reply.Integer(result);
        }
        if (isChanged) hash.Changed(1, KeyspaceEvent.HashPersist);
    }

    [Command("HTTL", Summary = "Returns the TTL in seconds of a hash field.", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key (FIELDS fields: numfields:integer field...)",
        Tips = "nondeterministic_output")]
    internal static void TimeToLive(ref Call call) => AnswerExpiry(ref call, inSeconds: true, isMoment: false);

    [Command("HPTTL", Summary = "Returns the TTL in milliseconds of a hash field.", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key (FIELDS fields: numfields:integer field...)",
        Tips = "nondeterministic_output")]
    internal static void TimeToLiveMilliseconds(ref Call call) => AnswerExpiry(ref call, inSeconds: false, isMoment: false);

    [Command("HEXPIRETIME", Summary = "Returns the expiration time of a hash field as a Unix timestamp, in seconds.", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key (FIELDS fields: numfields:integer field...)")]
    internal static void ExpireTime(ref Call call) => AnswerExpiry(ref call, inSeconds: true, isMoment: true);

    [Command("HPEXPIRETIME", Summary = "Returns the expiration time of a hash field as a Unix timestamp, in msec.", Since = "7.4.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key (FIELDS fields: numfields:integer field...)")]
    internal static void ExpireTimeMilliseconds(ref Call call) => AnswerExpiry(ref call, inSeconds: false, isMoment: true);

    private static void AnswerExpiry(ref Call call, bool inSeconds, bool isMoment)
    {
        var hash = call.FindHash(1);
        if (call.Failed || !FieldArguments.TryFields(ref call, 2, out var first)) return;
        call.Reply.Array(call.Args.Count - first);
        for (var i = first; i < call.Args.Count; i++)
        {
            var field = hash.Find(call.Args[i]);
            if (!field.Exists || hash.IsOver(field)) call.Reply.Integer(NoField);
            else if (!field.Expires) call.Reply.Integer(NoExpiry);
            else
            {
                var milliseconds = isMoment ? field.ExpiryMs : Math.Max(0, field.ExpiryMs - call.NowMs);
                call.Reply.Integer(inSeconds ? (milliseconds + 999) / 1000 : milliseconds);
            }
        }
    }
}
