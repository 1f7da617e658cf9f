using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that set or get several strings at once.</summary>
[CommandFamily("string")]
internal static class StringBatchCommands
{
    [Command("MGET", Summary = "Atomically returns the string values of one or more keys.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of keys to retrieve.",
        Flags = ReadOnly | Fast, Keys = "1..-1 RO access",
        Arguments = "key...",
        Tips = "request_policy:multi_shard")]
    internal static void Get(ref Call call)
    {
        call.Reply.Array(call.Args.Count - 1);
        for (var i = 1; i < call.Args.Count; i++)
        {
            call.FetchAhead(i, call.Args.Count);
            var view = call.Find(i);
            if (view.Exists && view.Type == ValueType.String) call.ReplyString(view);
            else call.Reply.Null();
        }
    }

    [Command("MSET", Summary = "Atomically creates or modifies the string values of one or more keys.", Since = "1.0.1",
        Complexity = "O(N) where N is the number of keys to set.",
        Flags = Write | DenyOom, Keys = "1..-1:2 OW update",
        Arguments = "(data: key value)...",
        Tips = "request_policy:multi_shard response_policy:all_succeeded")]
    internal static void Set(ref Call call)
    {
        if (!ArePairs(ref call)) return;
        SetPairs(ref call, 1, call.Args.Count);
        call.Reply.Ok();
    }

    [Command("MSETNX", Summary = "Atomically modifies the string values of one or more keys only when all keys don't exist.", Since = "1.0.1",
        Complexity = "O(N) where N is the number of keys to set.",
        Flags = Write | DenyOom, Keys = "1..-1:2 OW insert",
        Arguments = "(data: key value)...")]
    internal static void SetIfMissing(ref Call call)
    {
        if (!ArePairs(ref call)) return;
        var isAdmitted = Admits(ref call, new() { Condition = SetCondition.IfMissing }, 1, call.Args.Count);
        if (isAdmitted) SetPairs(ref call, 1, call.Args.Count);
        call.Reply.Integer(isAdmitted ? 1 : 0);
    }

    [Command("MSETEX", Summary = "Atomically creates or modifies the string values of one or more keys, and optionally set their expiration.",
        Since = "9.1.0", Complexity = "O(N) where N is the number of keys to set.",
        Flags = Write | DenyOom, Keys = "1#:2 OW update",
        Arguments = "numkeys:integer (data: key value)... [condition: NX | XX] [expiration: EX seconds:integer | PX milliseconds:integer | EXAT "
            + "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL]",
        Tips = "request_policy:multi_shard response_policy:all_succeeded")]
    internal static void SetWithOptions(ref Call call)
    {
        if (!IntegerText.TryParse(call.Args[1], out var keys) || keys is <= 0 or > int.MaxValue)
        {
            call.Fail("ERR invalid numkeys value or out of range");
            return;
        }
        if (keys > (call.Args.Count - 2) / 2)
        {
            call.FailSyntax();
            return;
        }
        var end = 2 + 2 * (int)keys;
        var options = StringOptions.Read(ref call, end, StringOptions.OfSeveralSet);
        if (call.Failed || !options.TryExpiry(ref call, out var expiryMs)) return;
        var isAdmitted = Admits(ref call, options, 2, end);
        if (isAdmitted)
        {
            SetPairs(ref call, 2, end, options.IsLasting, expiryMs);
            if (call.HasListeners && !options.Expiry.IsNone && !options.Expiry.IsUnixMilliseconds)
                PropagateMoment(ref call, end, options.Expiry.Argument, expiryMs);
        }
        call.Reply.Integer(isAdmitted ? 1 : 0);
    }

    private static bool ArePairs(ref Call call)
    {
        if (call.Args.Count % 2 != 0) return true;
        call.FailArity();
        return false;
    }

    /// <summary>Whether the condition holds for every key, before any is written.</summary>
    private static bool Admits(ref Call call, in StringOptions options, int first, int end)
    {
        if (options.Condition == SetCondition.None) return true;
        for (var i = first; i < end; i += 2)
        {
            if (!options.Admits(ref call, call.Edit(i))) return false;
        }
        return true;
    }

    private static void SetPairs(ref Call call, int first, int end, bool keepsExpiry = false, long expiryMs = EntryView.NoExpiry)
    {
        for (var i = first; i < end; i += 2)
        {
            call.FetchAhead(i, end, 2);
            StringValue.Set(ref call, call.Edit(i), i, call.Args[i + 1], keepsExpiry, expiryMs);
        }
    }

    /// <summary>The moment in place of the last time given, the one that counts. Those before it are left out: beside PXAT they would be an error.</summary>
    private static void PropagateMoment(ref Call call, int options, int lastTime, long expiryMs)
    {
        var earlier = 0;
        for (var i = options; i < lastTime - 1; i++)
        {
            if (!ExpiryOption.TryRecognize(call.Args[i], out _)) continue;
            earlier++;
            i++;
        }
        var effect = call.BeginEffect(call.Args.Count - 2 * earlier);
        for (var i = 0; i < call.Args.Count; i++)
        {
            if (i < options || !ExpiryOption.TryRecognize(call.Args[i], out _)) effect.Append(call.Args[i]);
            else if (++i == lastTime) effect.Append("PXAT"u8).Append(expiryMs);
        }
    }
}
