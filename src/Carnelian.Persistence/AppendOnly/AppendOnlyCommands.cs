using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on the append-only file.</summary>
[CommandFamily("server")]
internal static class AppendOnlyCommands
{
    [Command("BGREWRITEAOF", Summary = "Asynchronously rewrites the append-only file to disk.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | NoAsyncLoading)]
    internal static void Rewrite(ref Call call)
    {
        var rewrites = call.Executor.Services.Get<AppendOnlyFile>().Rewrites;
        if (rewrites.IsRunning) call.Fail("ERR Background append only file rewriting already in progress");
        else if (rewrites.IsAnythingSaved || rewrites.IsHeld || !call.MayBlock)
        {
            rewrites.IsScheduled = true;
            rewrites.Failures = 0;
            call.Reply.Simple("Background append only file rewriting scheduled"u8);
        }
        else if (rewrites.TryStart()) call.Reply.Simple("Background append only file rewriting started"u8);
        else call.Fail("ERR Can't execute an AOF background rewriting. Please check the server logs for more information.");
    }

    [Command("WAITAOF",
        Summary = "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.",
        Since = "7.2.0", Complexity = "O(1)", Group = "generic",
        Flags = Blocking, Categories = "connection",
        Arguments = "numlocal:integer numreplicas:integer timeout:integer",
        Tips = "request_policy:all_shards response_policy:agg_min")]
    internal static void Wait(ref Call call)
    {
        if (!call.TryInteger(1, out var local)) return;
        if (local is < 0 or > 1)
        {
            call.Fail("ERR value is out of range, value must between 0 and 1");
            return;
        }
        if (!call.TryCount(2, out var replicas)) return;
        if (!BlockingTimeout.TryReadMilliseconds(ref call, 3, out var deadlineMs)) return;
        var file = call.Executor.Services.Get<AppendOnlyFile>();
        var wait = new WaitForSync(call.Session, deadlineMs, file, call.Client.LastWriteOffset, isLocalWanted: local > 0, replicas);
        if (local > 0 && !file.Options.IsOn) call.Fail("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        else if (wait.IsOver || !call.MayBlock) wait.Answer(ref call);
        else call.Executor.BlockedClients.Wait(wait);
    }

    /// <summary>Waits until changes are synced here, or for replicas, of which there are none.</summary>
    private sealed class WaitForSync(Session session, long deadlineMs, AppendOnlyFile file, long offset, bool isLocalWanted, long replicas) : BlockedCondition(session, deadlineMs)
    {
        private bool IsLocalSafe => file.State == AppendOnlyState.On && file.SafeOffset >= offset;

        public bool IsOver => replicas == 0 && (!isLocalWanted || IsLocalSafe);

        public override bool CanBeUnblocked => true;

        public override bool TryAnswer(ref Call call)
        {
            if (IsOver) Answer(ref call);
            return IsOver;
        }

        public void Answer(ref Call call)
        {
            call.Reply.Array(2);
            call.Reply.Integer(IsLocalSafe ? 1 : 0);
            call.Reply.Integer(0);
        }

        protected override void AnswerTimeout(ref Call call) => Answer(ref call);
    }
}
