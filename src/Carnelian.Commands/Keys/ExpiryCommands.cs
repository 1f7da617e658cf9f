using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on the time that keys have to live.</summary>
[CommandFamily("generic")]
internal static class ExpiryCommands
{
    [Command("EXPIRE", Summary = "Sets the expiration time of a key in seconds.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key seconds:integer [condition@7.0.0: NX | XX | GT | LT]",
        History = [
            "7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void Expire(ref Call call) => SetExpiry(ref call, new(InSeconds: true, IsMoment: false, Argument: 2));

    [Command("PEXPIRE", Summary = "Sets the expiration time of a key in milliseconds.", Since = "2.6.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key milliseconds:integer [condition@7.0.0: NX | XX | GT | LT]",
        History = [
            "7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void ExpireMilliseconds(ref Call call) => SetExpiry(ref call, new(InSeconds: false, IsMoment: false, Argument: 2));

    [Command("EXPIREAT", Summary = "Sets the expiration time of a key to a Unix timestamp.", Since = "1.2.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key unix-time-seconds:unix-time [condition@7.0.0: NX | XX | GT | LT]",
        History = [
            "7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void ExpireAt(ref Call call) => SetExpiry(ref call, new(InSeconds: true, IsMoment: true, Argument: 2));

    [Command("PEXPIREAT", Summary = "Sets the expiration time of a key to a Unix milliseconds timestamp.", Since = "2.6.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key unix-time-milliseconds:unix-time [condition@7.0.0: NX | XX | GT | LT]",
        History = [
            "7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void ExpireAtMilliseconds(ref Call call) => SetExpiry(ref call, new(InSeconds: false, IsMoment: true, Argument: 2));

    private static void SetExpiry(ref Call call, ExpiryOption option)
    {
        var condition = ReadCondition(ref call);
        if (call.Failed || !call.TryInteger(option.Argument, out var given)) return;
        if (!option.TryToMoment(given, call.NowMs, out var expiryMs))
        {
            call.FailExpireTime();
            return;
        }
        var edit = call.Edit(1);
        if (!edit.Exists || !condition.Allows(edit.View.ExpiryMs, expiryMs))
        {
            call.Reply.Integer(0);
            return;
        }
        if (call.NowMs >= expiryMs && call.Keyspace.Policy == ExpiryPolicy.Delete)
        {
            edit.Delete(KeyspaceEvent.Delete);
            if (call.HasListeners) call.BeginEffect(call.Keyspace.Options.ExpiryCommand);
        }
        else
        {
            edit.SetExpiry(Math.Max(expiryMs, 0), KeyspaceEvent.Expire);
            if (call.HasListeners && !option.IsUnixMilliseconds) PropagateMoment(ref call, expiryMs);
        }
        call.Reply.Integer(1);
    }

    /// <summary>The moment instead of the span or of seconds; conditions stay, as with Redis: they hold on replicas too.</summary>
    private static void PropagateMoment(ref Call call, long expiryMs)
    {
        var effect = call.BeginEffect("PEXPIREAT"u8, call.Args.Count - 2).Append(expiryMs);
        for (var i = 3; i < call.Args.Count; i++) effect.Append(call.Args[i]);
    }

    private static ExpiryCondition ReadCondition(ref Call call)
    {
        var condition = ExpiryCondition.None;
        var options = new OptionReader(call.Args, 3);
        while (options.Next())
        {
            var word = ExpiryConditions.Of(call.Args[options.At]);
            if (word == ExpiryCondition.None) options.FailQuoting("ERR Unsupported option ");
            condition |= word;
        }
        if ((condition & ExpiryCondition.IfNone) != 0 && condition != ExpiryCondition.IfNone)
            options.Fail("ERR NX and XX, GT or LT options at the same time are not compatible");
        else if ((condition & ExpiryCondition.IfLater) != 0 && (condition & ExpiryCondition.IfEarlier) != 0)
            options.Fail("ERR GT and LT options at the same time are not compatible");
        options.Ends(ref call);
        return condition;
    }

    [Command("TTL", Summary = "Returns the expiration time in seconds of a key.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output",
        History = [
            "2.8.0: Added the -2 reply."])]
    internal static void TimeToLive(ref Call call) => AnswerExpiry(ref call, inSeconds: true, isMoment: false);

    [Command("PTTL", Summary = "Returns the expiration time in milliseconds of a key.", Since = "2.6.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output",
        History = [
            "2.8.0: Added the -2 reply."])]
    internal static void TimeToLiveMilliseconds(ref Call call) => AnswerExpiry(ref call, inSeconds: false, isMoment: false);

    [Command("EXPIRETIME", Summary = "Returns the expiration time of a key as a Unix timestamp.", Since = "7.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key")]
    internal static void ExpireTime(ref Call call) => AnswerExpiry(ref call, inSeconds: true, isMoment: true);

    [Command("PEXPIRETIME", Summary = "Returns the expiration time of a key as a Unix milliseconds timestamp.", Since = "7.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key")]
    internal static void ExpireTimeMilliseconds(ref Call call) => AnswerExpiry(ref call, inSeconds: false, isMoment: true);

    private static void AnswerExpiry(ref Call call, bool inSeconds, bool isMoment)
    {
        const int NoKey = -2, NoExpiry = -1;
        var view = call.Find(1, LookupFlags.NoTouch);
        if (!view.Exists)
        {
            call.Reply.Integer(NoKey);
            return;
        }
        if (!view.Expires)
        {
            call.Reply.Integer(NoExpiry);
            return;
        }
        var milliseconds = isMoment ? view.ExpiryMs : Math.Max(0, view.ExpiryMs - call.NowMs);
        // Rounded without a sign, so that the last moment there is does not wrap.
        call.Reply.Integer(inSeconds ? (long)(((ulong)milliseconds + 500) / 1000) : milliseconds);
    }

    [Command("PERSIST", Summary = "Removes the expiration time of a key.", Since = "2.2.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key")]
    internal static void Persist(ref Call call)
    {
        var edit = call.Edit(1);
        if (!edit.Exists || !edit.View.Expires)
        {
            call.Reply.Integer(0);
            return;
        }
        edit.SetExpiry(EntryView.NoExpiry, KeyspaceEvent.Persist);
        call.Reply.Integer(1);
    }
}
