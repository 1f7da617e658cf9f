using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on strings.</summary>
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
        var options = SetOptions.Read(ref call);
        if (call.Failed) return;
        if (options.Get && !TryAnswerValue(ref call)) return;
        var edit = call.Edit(1);
        if (options.Condition == SetCondition.IfMissing && edit.Exists || options.Condition == SetCondition.IfExists && !edit.Exists)
        {
            if (!options.Get) call.Reply.Null();
            return;
        }
        var value = call.Args[2];
        var expiryMs = options.KeepTtl && edit.Exists ? edit.View.ExpiryMs : options.ExpiryMs;
        edit.Write(ValueType.String, StringValue.EncodingOf(value), value, expiryMs, KeyspaceEvent.Set);
        if (options.ExpiryMs != EntryView.NoExpiry) call.Keyspace.Raise(KeyspaceEvent.Expire, call.Database, call.Args[1]);
        if (call.HasListeners && call.Args.Count > 3) TellEffect(ref call, options);
        if (!options.Get) call.Reply.Ok();
    }

    /// <summary>Others are told the moment instead of a span, and no GET; a request that is so already goes as it is.</summary>
    private static void TellEffect(ref Call call, in SetOptions options)
    {
        if (options.ExpiryMs != EntryView.NoExpiry)
        {
            if (!options.IsPxat) TellMoment(ref call, call.Args[2], options.ExpiryMs);
        }
        else if (options.Get)
        {
            var gets = 0;
            for (var i = 3; i < call.Args.Count; i++) gets += call.Is(i, "get"u8) ? 1 : 0;
            var effect = call.BeginEffect(call.Args.Count - gets);
            for (var i = 0; i < call.Args.Count; i++)
            {
                if (i < 3 || !call.Is(i, "get"u8)) effect.Append(call.Args[i]);
            }
        }
    }

    private static void TellMoment(ref Call call, ReadOnlySpan<byte> value, long expiryMs)
    {
        var effect = call.BeginEffect(5);
        effect.Append("SET"u8);
        effect.Append(call.Args[1]);
        effect.Append(value);
        effect.Append("PXAT"u8);
        effect.Append(expiryMs);
    }

    [Command("SETNX", Summary = "Set the string value of a key only when the key doesn't exist.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 OW insert",
        Arguments = "key value", DeprecatedSince = "2.6.12", ReplacedBy = "`SET` with the `NX` argument")]
    internal static void SetIfMissing(ref Call call)
    {
        var edit = call.Edit(1);
        call.Reply.Integer(edit.Exists ? 0 : 1);
        if (edit.Exists) return;
        var value = call.Args[2];
        edit.Write(ValueType.String, StringValue.EncodingOf(value), value, EntryView.NoExpiry, KeyspaceEvent.Set);
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
        var value = call.Args[3];
        var edit = call.Edit(1);
        edit.Write(ValueType.String, StringValue.EncodingOf(value), value, expiryMs, KeyspaceEvent.Set);
        call.Keyspace.Raise(KeyspaceEvent.Expire, call.Database, call.Args[1]);
        if (call.HasListeners) TellMoment(ref call, value, expiryMs);
        call.Reply.Ok();
    }

    [Command("GET", Summary = "Returns the string value of a key.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key")]
    internal static void Get(ref Call call) => TryAnswerValue(ref call);

    /// <summary>Answers the value of the first key, or that there is none. False when it is no string.</summary>
    private static bool TryAnswerValue(ref Call call)
    {
        var view = call.Read(1);
        if (!view.Exists) call.Reply.Null();
        else if (view.Type != ValueType.String) call.FailWrongType();
        else call.Reply.Bulk(view.Value);
        return !call.Failed;
    }

    [Command("MGET", Summary = "Atomically returns the string values of one or more keys.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of keys to retrieve.",
        Flags = ReadOnly | Fast, Keys = "1..-1 RO access",
        Arguments = "key...",
        Tips = "request_policy:multi_shard")]
    internal static void MultipleGet(ref Call call)
    {
        call.Reply.Array(call.Args.Count - 1);
        for (var i = 1; i < call.Args.Count; i++)
        {
            var view = call.Read(i);
            if (view.Exists && view.Type == ValueType.String) call.Reply.Bulk(view.Value);
            else call.Reply.Null();
        }
    }

    [Command("MSET", Summary = "Atomically creates or modifies the string values of one or more keys.", Since = "1.0.1",
        Complexity = "O(N) where N is the number of keys to set.",
        Flags = Write | DenyOom, Keys = "1..-1:2 OW update",
        Arguments = "(data: key value)...",
        Tips = "request_policy:multi_shard response_policy:all_succeeded")]
    internal static void MultipleSet(ref Call call)
    {
        if (call.Args.Count % 2 == 0)
        {
            call.Fail("ERR wrong number of arguments for 'mset' command");
            return;
        }
        for (var i = 1; i < call.Args.Count; i += 2)
        {
            var value = call.Args[i + 1];
            var edit = call.Edit(i);
            edit.Write(ValueType.String, StringValue.EncodingOf(value), value, EntryView.NoExpiry, KeyspaceEvent.Set);
        }
        call.Reply.Ok();
    }

    [Command("INCR", Summary = "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key")]
    internal static void Increment(ref Call call) => Add(ref call, 1);

    [Command("DECR", Summary = "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key")]
    internal static void Decrement(ref Call call) => Add(ref call, -1);

    [Command("INCRBY", Summary = "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key increment:integer")]
    internal static void IncrementBy(ref Call call)
    {
        if (call.TryInteger(2, out var increment)) Add(ref call, increment);
    }

    private static void Add(ref Call call, long increment)
    {
        var edit = call.Edit(1);
        long value = 0;
        if (edit.Exists)
        {
            if (!call.IsStringOrMissing(edit.View)) return;
            if (!IntegerText.TryParse(edit.View.Value, out value))
            {
                call.FailNotInteger();
                return;
            }
        }
        var sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            call.Fail("ERR increment or decrement would overflow");
            return;
        }
        Span<byte> text = stackalloc byte[IntegerText.LengthMax];
        text = text[..IntegerText.Format(sum, text)];
        edit.Write(ValueType.String, ValueEncoding.Int, text, edit.Exists ? edit.View.ExpiryMs : EntryView.NoExpiry, KeyspaceEvent.IncrementBy);
        call.Reply.Integer(sum);
    }

    [Command("APPEND", Summary = "Appends a string to the value of a key. Creates the key if it doesn't exist.", Since = "2.0.0",
        Complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since "
            + "the dynamic string library used by Redis will double the free space available on every reallocation.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key value")]
    internal static void Append(ref Call call)
    {
        var suffix = call.Args[2];
        var edit = call.Edit(1);
        if (!edit.Exists)
        {
            edit.Write(ValueType.String, StringValue.EncodingOf(suffix), suffix, EntryView.NoExpiry, KeyspaceEvent.Append);
            call.Reply.Integer(suffix.Length);
            return;
        }
        if (!call.IsStringOrMissing(edit.View)) return;
        var oldLength = edit.View.Value.Length;
        if (!StringValue.IsLengthAllowed(ref call, (long)oldLength + suffix.Length)) return;
        var value = edit.Resize(oldLength + suffix.Length, ValueEncoding.Raw, KeyspaceEvent.Append);
        suffix.CopyTo(value[oldLength..]);
        call.Reply.Integer(value.Length);
    }

    [Command("STRLEN", Summary = "Returns the length of a string value.", Since = "2.2.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Length(ref Call call)
    {
        var view = call.Read(1);
        if (!call.IsStringOrMissing(view)) return;
        call.Reply.Integer(view.Exists ? view.Value.Length : 0);
    }
}

/// <summary>Rules that all commands on strings share.</summary>
public static class StringValue
{
    /// <summary>Longer ones are "raw", as in Redis, where up to here a string lies in one block with its object.</summary>
    private const int EmbstrMax = 44;

    /// <summary>The encoding that a value set as a whole has.</summary>
    public static ValueEncoding EncodingOf(ReadOnlySpan<byte> value)
    {
        if (value.Length > EmbstrMax) return ValueEncoding.Raw;
        return IntegerText.TryParse(value, out _) ? ValueEncoding.Int : ValueEncoding.Embstr;
    }

    /// <summary>The encoding of a string that is no integer, or shall not be one.</summary>
    public static ValueEncoding TextEncodingOf(int length) => length > EmbstrMax ? ValueEncoding.Raw : ValueEncoding.Embstr;

    /// <summary>No string may be longer than proto-max-bulk-len; otherwise the call has failed.</summary>
    public static bool IsLengthAllowed(ref Call call, long length)
    {
        if (length <= call.Executor.StringBytesMax) return true;
        call.Fail("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        return false;
    }
}
