using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that set, get or delete one string as a whole.</summary>
[CommandFamily("string")]
internal static class StringCommands
{
    [Command("SET", Summary = "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "1 RW access update variable_flags (RW and ACCESS due to the optional `GET` argument)",
        KeysFrom = nameof(KeyExtractors.Set),
        Arguments = "key value [condition@2.6.12: NX | XX] [GET@6.2.0] [expiration: EX seconds:integer@2.6.12 | PX milliseconds:integer@2.6.12 | EXAT "
            + "unix-time-seconds:unix-time@6.2.0 | PXAT unix-time-milliseconds:unix-time@6.2.0 | KEEPTTL@6.0.0]",
        History = [
            "2.6.12: Added the `EX`, `PX`, `NX` and `XX` options.",
            "6.0.0: Added the `KEEPTTL` option.",
            "6.2.0: Added the `GET`, `EXAT` and `PXAT` option.",
            "7.0.0: Allowed the `NX` and `GET` options to be used together."])]
    internal static void Set(ref Call call)
    {
        var options = StringOptions.Read(ref call, 3, StringOptions.OfSet);
        if (call.Failed || !options.TryExpiry(ref call, out var expiryMs)) return;
        if (options.Get && !TryAnswerValue(ref call)) return;
        var edit = call.Edit(1);
        if (!options.Admits(ref call, edit))
        {
            if (!options.Get && !call.Failed) call.Reply.Null();
            return;
        }
        StringValue.Set(ref call, edit, 1, call.Args[2], options.IsLasting, expiryMs);
        if (call.HasListeners && call.Args.Count > 3) PropagateSet(ref call, options, expiryMs);
        if (!options.Get) call.Reply.Ok();
    }

    /// <summary>Propagates PXAT in place of EX, PX and EXAT, and drops GET. A request with PXAT, or with neither, is propagated unchanged.</summary>
    private static void PropagateSet(ref Call call, in StringOptions options, long expiryMs)
    {
        if (options.Expiry.IsUnixMilliseconds) return;
        if (!options.Expiry.IsNone) PropagateSet(ref call, call.Args[2], expiryMs);
        else if (options.Get)
        {
            var gets = 0;
            for (var i = 3; i < call.Args.Count; i++) gets += IsGet(ref call, i, options.Comparison) ? 1 : 0;
            var effect = call.BeginEffect(call.Args.Count - gets);
            for (var i = 0; i < call.Args.Count; i++)
            {
                if (i < 3 || !IsGet(ref call, i, options.Comparison)) effect.Append(call.Args[i]);
            }
        }
    }

    private static bool IsGet(ref Call call, int argument, int comparison) => argument != comparison && call.Is(argument, "get"u8);

    private static void PropagateSet(ref Call call, ReadOnlySpan<byte> value, long expiryMs) =>
        call.BeginEffect("SET"u8, 3).Append(value).Append("PXAT"u8).Append(expiryMs);

    [Command("SETNX", Summary = "Set the string value of a key only when the key doesn't exist.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 OW insert",
        Arguments = "key value", DeprecatedSince = "2.6.12", ReplacedBy = "`SET` with the `NX` argument")]
    internal static void SetIfMissing(ref Call call)
    {
        var edit = call.Edit(1);
        call.Reply.Integer(edit.Exists ? 0 : 1);
        if (!edit.Exists) StringValue.Set(ref call, edit, 1, call.Args[2]);
    }

    [Command("SETEX", Summary = "Sets the string value and expiration time of a key. Creates the key if it doesn't exist.", Since = "2.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "1 OW update",
        Arguments = "key seconds:integer value", DeprecatedSince = "2.6.12", ReplacedBy = "`SET` with the `EX` argument")]
    internal static void SetWithSeconds(ref Call call) => SetWithSpan(ref call, new ExpiryOption(InSeconds: true, IsMoment: false, Argument: 2));

    [Command("PSETEX", Summary = "Sets both string value and expiration time in milliseconds of a key. The key is created if it doesn't exist.",
        Since = "2.6.0", Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "1 OW update",
        Arguments = "key milliseconds:integer value", DeprecatedSince = "2.6.12", ReplacedBy = "`SET` with the `PX` argument")]
    internal static void SetWithMilliseconds(ref Call call) => SetWithSpan(ref call, new ExpiryOption(InSeconds: false, IsMoment: false, Argument: 2));

    private static void SetWithSpan(ref Call call, in ExpiryOption span)
    {
        if (!span.TryRead(ref call, out var expiryMs)) return;
        StringValue.Set(ref call, call.Edit(1), 1, call.Args[3], expiryMs: expiryMs);
        if (call.HasListeners) PropagateSet(ref call, call.Args[3], expiryMs);
        call.Reply.Ok();
    }

    [Command("GET", Summary = "Returns the string value of a key.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key")]
    internal static void Get(ref Call call) => TryAnswerValue(ref call);

    /// <summary>Answers the value of the first key, or that there is none. False when it is no string.</summary>
    private static bool TryAnswerValue(ref Call call)
    {
        var view = call.Find(1);
        if (!view.Exists) call.Reply.Null();
        else if (view.Type != ValueType.String) call.FailWrongType();
        else call.ReplyString(view);
        return !call.Failed;
    }

    [Command("GETSET", Summary = "Returns the previous string value of a key after setting it to a new value.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key value", DeprecatedSince = "6.2.0", ReplacedBy = "`SET` with the `!GET` argument")]
    internal static void GetAndSet(ref Call call)
    {
        if (!TryAnswerValue(ref call)) return;
        StringValue.Set(ref call, call.Edit(1), 1, call.Args[2]);
        if (call.HasListeners) call.BeginEffect("SET"u8, 1).Append(call.Args[2]);
    }

    [Command("GETDEL", Summary = "Returns the string value of a key after deleting the key.", Since = "6.2.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key")]
    internal static void GetAndDelete(ref Call call)
    {
        if (!TryAnswerValue(ref call)) return;
        var edit = call.Edit(1);
        if (edit.Exists) Delete(ref call, edit, "DEL"u8);
    }

    [Command("GETEX", Summary = "Returns the string value of a key after setting its expiration time.", Since = "6.2.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW access update (RW and UPDATE because it changes the TTL)",
        Arguments = "key [expiration: EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
            + "unix-time-milliseconds:unix-time | PERSIST]")]
    internal static void GetAndExpire(ref Call call)
    {
        var options = StringOptions.Read(ref call, 2, StringOptions.OfGet);
        if (call.Failed) return;
        var view = call.Find(1);
        if (!view.Exists)
        {
            // As Redis: without a key no time is wrong.
            call.Reply.Null();
            return;
        }
        if (!call.IsStringOrMissing(view) || !options.TryExpiry(ref call, out var expiryMs)) return;
        call.ReplyString(view);
        if (options.IsLasting) Persist(ref call);
        else if (!options.Expiry.IsNone) SetExpiry(ref call, options.Expiry, expiryMs);
    }

    private static void Persist(ref Call call)
    {
        var edit = call.Edit(1);
        if (!edit.View.Expires) return;
        edit.SetExpiry(EntryView.NoExpiry, KeyspaceEvent.Persist);
        if (call.HasListeners) call.BeginEffect("PERSIST"u8);
    }

    private static void SetExpiry(ref Call call, in ExpiryOption option, long expiryMs)
    {
        var edit = call.Edit(1);
        if (option.IsMoment && expiryMs <= call.NowMs && call.Keyspace.Policy == ExpiryPolicy.Delete)
        {
            Delete(ref call, edit, call.Keyspace.Options.ExpiryCommand);
            return;
        }
        edit.SetExpiry(expiryMs, KeyspaceEvent.Expire);
        if (call.HasListeners) call.BeginEffect("PEXPIREAT"u8, 1).Append(expiryMs);
    }

    [Command("DELIFEQ", Summary = "Delete key if value matches string.", Since = "9.0.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RM delete",
        Arguments = "key value")]
    internal static void DeleteIfEqual(ref Call call)
    {
        var edit = call.Edit(1);
        if (edit.Exists && !call.IsStringOrMissing(edit.View)) return;
        var isEqual = edit.Exists && edit.View.Value.SequenceEqual(call.Args[2]);
        if (isEqual) Delete(ref call, edit, "DEL"u8);
        call.Reply.Integer(isEqual ? 1 : 0);
    }

    private static void Delete(ref Call call, KeyEdit edit, ReadOnlySpan<byte> effect)
    {
        edit.Delete(KeyspaceEvent.Delete);
        if (call.HasListeners) call.BeginEffect(effect);
    }
}
