using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that set or get values of fields and change their expiry with it, or delete them.</summary>
[CommandFamily("hash")]
internal static class FieldValueCommands
{
    [Command("HGETEX", Summary = "Get the value of one or more fields of a given hash key, and optionally set their expiration.", Since = "8.0.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW access update (RW and UPDATE because it changes the TTL)",
        Arguments = "key [expiration: EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
            + "unix-time-milliseconds:unix-time | PERSIST] (FIELDS fields: numfields:integer field...)")]
    internal static void GetAndExpire(ref Call call)
    {
        var hash = call.EditHash(1);
        if (call.Failed) return;
        var persists = call.Is(2, "persist"u8);
        var expiryMs = EntryView.NoExpiry;
        if (ExpiryOption.TryRecognize(call.Args[2], out var given))
        {
            given = given with { Argument = 3 };
            if (!FieldArguments.TryTime(ref call, given, out expiryMs)) return;
        }
        var fieldsAt = given.IsNone ? persists ? 3 : 2 : 4;
        if (fieldsAt + 1 >= call.Args.Count)
        {
            call.FailArity();
            return;
        }
        if (!FieldArguments.TryFields(ref call, fieldsAt, out var first)) return;
        var counts = GetAndExpire(ref call, ref hash, first, expiryMs, changes: persists || !given.IsNone);
        if (counts.Total == 0) return;
        hash.Changed(counts.Set + counts.Deleted, counts.Expired > 0 ? KeyspaceEvent.HashExpired : null);
        if (counts.Set > 0) hash.Raise(persists ? KeyspaceEvent.HashPersist : KeyspaceEvent.HashExpire);
        else if (counts.Deleted > 0) hash.Raise(KeyspaceEvent.HashDelete);
        hash.DeleteIfEmpty();
        if (counts.Set > 0 && call.HasListeners) PropagateExpiry(ref call, given, expiryMs, fieldsAt);
    }

    private record struct Counts(int Expired, int Deleted, int Set)
    {
        public readonly int Total => Expired + Deleted + Set;
    }

    private static Counts GetAndExpire(ref Call call, scoped ref HashEdit hash, int first, long expiryMs, bool changes)
    {
        var counts = new Counts();
        if (changes) hash.AllowExpiry();
        var isPast = expiryMs != EntryView.NoExpiry && FieldArguments.IsPast(ref call, expiryMs);
        call.Reply.Array(call.Args.Count - first);
        for (var i = first; i < call.Args.Count; i++)
        {
            if (!TryAnswer(ref call, ref hash, i, ref counts, out var expires) || !changes) continue;
            if (isPast)
            {
                hash.Delete(call.Args[i]);
                FieldArguments.PropagateDeletion(ref call, i);
                counts.Deleted++;
            }
            else if (expires || expiryMs != EntryView.NoExpiry)
            {
                hash.SetExpiry(call.Args[i], expiryMs);
                counts.Set++;
            }
        }
        return counts;
    }

    /// <summary>Answers a field's value. One whose time is over is deleted, and missing.</summary>
    private static bool TryAnswer(ref Call call, scoped ref HashEdit hash, int argument, ref Counts counts, out bool expires)
    {
        var field = hash.Find(call.Args[argument]);
        expires = field.Expires;
        if (field.Exists && !hash.IsOver(field))
        {
            call.Reply.Bulk(field.Value);
            return true;
        }
        call.Reply.Null();
        if (!field.Exists || !LazyFieldExpiry.Deletes(ref call)) return false;
        hash.DeleteOver(call.Args[argument]);
        counts.Expired++;
        return false;
    }

    /// <summary>HPEXPIREAT or HPERSIST of all fields that were asked for.</summary>
    private static void PropagateExpiry(ref Call call, ExpiryOption given, long expiryMs, int fieldsAt)
    {
        var rest = call.Args.Count - fieldsAt;
        var effect = given.IsNone ? call.BeginEffect("HPERSIST"u8, rest) : call.BeginEffect("HPEXPIREAT"u8, 1 + rest);
        if (given.IsUnixMilliseconds) effect.Append(call.Args[given.Argument]);
        else if (!given.IsNone) effect.Append(expiryMs);
        for (var i = fieldsAt; i < call.Args.Count; i++) effect.Append(call.Args[i]);
    }

    [Command("HGETDEL", Summary = "Returns the value of a field and deletes it from the hash.", Since = "8.0.0",
        Complexity = "O(N) where N is the number of specified fields",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key (FIELDS fields: numfields:integer field...)")]
    internal static void GetAndDelete(ref Call call)
    {
        var hash = call.EditHash(1);
        if (call.Failed || !FieldArguments.TryFields(ref call, 2, out var first)) return;
        var counts = new Counts();
        call.Reply.Array(call.Args.Count - first);
        for (var i = first; i < call.Args.Count; i++)
        {
            if (TryAnswer(ref call, ref hash, i, ref counts, out _)) counts.Deleted += hash.Delete(call.Args[i]) ? 1 : 0;
        }
        if (counts.Total == 0) return;
        hash.Changed(counts.Deleted, counts.Expired > 0 ? KeyspaceEvent.HashExpired : null);
        if (counts.Deleted > 0) hash.Raise(KeyspaceEvent.HashDelete);
        hash.DeleteIfEmpty();
        if (counts.Deleted == 0 || !call.HasListeners) return;
        var effect = call.BeginEffect("HDEL"u8, call.Args.Count - first);
        for (var i = first; i < call.Args.Count; i++) effect.Append(call.Args[i]);
    }

    [Command("HSETEX", Summary = "Set the value of one or more fields of a given hash key, and optionally set their expiration.", Since = "8.0.0",
        Complexity = "O(N) where N is the number of fields being set.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW update",
        Arguments = "key [condition: FNX | FXX] [expiration: EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
            + "unix-time-milliseconds:unix-time | KEEPTTL] (FIELDS fields: numfields:integer (data: field value)...)")]
    internal static void SetAndExpire(ref Call call)
    {
        if (!TrySetOptions(ref call, out var options)) return;
        var hash = call.EditHash(1);
        if (call.Failed) return;
        var admits = Admits(ref call, ref hash, options, out var expired);
        if (admits) SetFields(ref call, ref hash, options, expired);
        else if (expired > 0) hash.Changed(0, KeyspaceEvent.HashExpired);
        hash.DeleteIfEmpty();
        call.Reply.Integer(admits ? 1 : 0);
    }

    private enum FieldCondition : byte
    {
        None,
        IfNoneExists,
        IfAllExist,
    }

    /// <param name="Key">As Valkey 9.1 has it: NX or XX, of the key itself.</param>
    /// <param name="First">The first field.</param>
    private record struct SetOptions(SetCondition Key, FieldCondition Condition, bool KeepsExpiry, ExpiryOption Expiry, long ExpiryMs, int First);

    private static bool TrySetOptions(ref Call call, out SetOptions options)
    {
        const string Times = "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
        const string Conditions = "ERR Only one of FXX or FNX arguments can be specified";
        options = new() { ExpiryMs = EntryView.NoExpiry };
        var reader = new OptionReader(call.Args, 2);
        var key = SetCondition.None;
        while (reader.Next())
        {
            if (reader.Is("fields"u8)) return TryFields(ref call, reader, ref options);
            if (reader.Chooses("nx"u8, ref key, SetCondition.IfMissing) || reader.Chooses("xx"u8, ref key, SetCondition.IfExists))
            {
                options.Key = key;
                continue;
            }
            if (reader.Is("fnx"u8) || reader.Is("fxx"u8))
            {
                if (options.Condition != FieldCondition.None) reader.Fail(Conditions);
                options.Condition = reader.Is("fnx"u8) ? FieldCondition.IfNoneExists : FieldCondition.IfAllExist;
                continue;
            }
            var isTime = ExpiryOption.TryRecognize(call.Args[reader.At], out var expiry);
            if (!isTime && !reader.Is("keepttl"u8)) reader.FailQuoting("ERR unknown argument: ");
            else if (options.KeepsExpiry || !options.Expiry.IsNone) reader.Fail(Times);
            else if (!isTime) options.KeepsExpiry = true;
            else if (!reader.TakesValue(out var argument)) reader.Fail("ERR missing expire time");
            else
            {
                options.Expiry = expiry with { Argument = argument };
                if (!FieldArguments.TryTime(ref call, options.Expiry, out var expiryMs)) return false;
                options.ExpiryMs = expiryMs;
            }
        }
        if (reader.Ends(ref call)) call.FailArity();
        return false;
    }

    /// <summary>Reads the number of fields, and that so many follow with their values.</summary>
    private static bool TryFields(ref Call call, scoped OptionReader reader, ref SetOptions options)
    {
        options.First = reader.At + 2;
        var following = call.Args.Count - options.First;
        if (reader.Left < 3) call.FailArity();
        else if (!IntegerText.TryParse(call.Args[reader.At + 1], out var count) || count is < 1 or > int.MaxValue) call.Fail("ERR invalid number of fields");
        else if (following % 2 != 0 || count != following / 2) call.FailArity();
        return !call.Failed;
    }

    /// <summary>Whether the conditions let the fields be set. Looks no further than needed; those that it finds to be over are deleted.</summary>
    private static bool Admits(ref Call call, scoped ref HashEdit hash, in SetOptions options, out int expired)
    {
        expired = 0;
        if (options.Key != SetCondition.None && hash.Exists != (options.Key == SetCondition.IfExists)) return false;
        for (var i = options.First; i < call.Args.Count && options.Condition != FieldCondition.None; i += 2)
        {
            var field = hash.Find(call.Args[i]);
            var isOver = field.Exists && hash.IsOver(field);
            if (isOver && LazyFieldExpiry.Deletes(ref call))
            {
                hash.DeleteOver(call.Args[i]);
                expired++;
            }
            if ((field.Exists && !isOver) != (options.Condition == FieldCondition.IfAllExist)) return false;
        }
        return true;
    }

    private static void SetFields(ref Call call, scoped ref HashEdit hash, in SetOptions options, int expired)
    {
        var args = call.Args;
        HashCommands.Expect(ref hash, args, options.First);
        if (!options.Expiry.IsNone) hash.AllowExpiry();
        var isPast = !options.Expiry.IsNone && FieldArguments.IsPast(ref call, options.ExpiryMs);
        var expiryMs = options.KeepsExpiry || isPast ? HashEdit.KeepsExpiry : options.ExpiryMs;
        var wasEmptied = hash.Exists && hash.Count == 0;
        for (var i = options.First; i < args.Count; i += 2)
        {
            hash.Set(args[i], args[i + 1], expiryMs);
            if (!isPast) continue;
            hash.Delete(args[i]);
            FieldArguments.PropagateDeletion(ref call, i);
        }
        hash.Changed((args.Count - options.First) / 2, expired > 0 ? KeyspaceEvent.HashExpired : KeyspaceEvent.HashSet);
        if (expired > 0) hash.Raise(KeyspaceEvent.HashSet);
        if (!options.Expiry.IsNone) hash.Raise(isPast ? KeyspaceEvent.HashDelete : KeyspaceEvent.HashExpire);
        if (call.HasListeners && !isPast) Propagate(ref call, options, wasEmptied ? hash.KeyExpiryMs : EntryView.NoExpiry);
    }

    /// <summary>
    /// The request with PXAT in place of EX, PX or EXAT. Whoever replays the deletion of the last field loses the key and its expiry, and is told the expiry again.
    /// </summary>
    private static void Propagate(ref Call call, in SetOptions options, long keyExpiryMs)
    {
        var isRelative = !options.Expiry.IsNone && !options.Expiry.IsUnixMilliseconds;
        if (!isRelative && keyExpiryMs == EntryView.NoExpiry) return;
        var effect = call.BeginEffect(call.Args.Count);
        for (var i = 0; i < call.Args.Count; i++)
        {
            if (isRelative && i == options.Expiry.Argument) effect.Append(options.ExpiryMs);
            else effect.Append(isRelative && i == options.Expiry.Argument - 1 ? "PXAT"u8 : call.Args[i]);
        }
        if (keyExpiryMs != EntryView.NoExpiry) call.BeginEffect("PEXPIREAT"u8, 1).Append(keyExpiryMs);
    }
}
