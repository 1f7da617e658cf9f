using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>BACKUP and its subcommands, as Redis 8.10 has them.</summary>
[Command("BACKUP", Summary = "A container for backup management commands.", Since = "8.10.0", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class BackupCommands
{
    [Command("BACKUP START", Summary = "Start a new backup into the configured 'backupdirname'.", Since = "8.10.0", Complexity = "O(1)", Flags = Admin | NoScript)]
    internal static void Start(ref Call call) => Await(ref call, Of(ref call).Start());

    [Command("BACKUP SEAL", Summary = "Freeze the current backup (BASE + INCR + manifest).", Since = "8.10.0", Complexity = "O(1)", Flags = Admin | NoScript)]
    internal static void Seal(ref Call call) => Await(ref call, Of(ref call).Seal());

    [Command("BACKUP ABORT", Summary = "Cancel a backup that has not been sealed yet.", Since = "8.10.0", Complexity = "O(1)", Flags = Admin | NoScript)]
    internal static void Abort(ref Call call) => Await(ref call, Of(ref call).Abort());

    [Command("BACKUP CLEANUP", Summary = "Remove a sealed backup's files and return to idle.", Since = "8.10.0", Complexity = "O(1)", Flags = Admin | NoScript)]
    internal static void Cleanup(ref Call call) => Await(ref call, Of(ref call).Cleanup());

    [Command("BACKUP STATUS", Summary = "Report the current backup state.", Since = "8.10.0", Complexity = "O(1)", Flags = Admin | Stale)]
    internal static void Status(ref Call call)
    {
        var backups = Of(ref call);
        call.Reply.Map(4);
        call.Reply.Bulk("state"u8);
        call.Reply.Bulk(backups.State switch
        {
            BackupState.Idle => "idle"u8,
            BackupState.Pending => "pending"u8,
            BackupState.Snapshotting => "snapshotting"u8,
            BackupState.Incrementing => "incrementing"u8,
            BackupState.Sealed => "sealed"u8,
            _ => "failed"u8,
        });
        call.Reply.Bulk("error"u8);
        call.Reply.Bulk(ByteText.ToBytes(ByteText.FromText(backups.Error)));
        call.Reply.Bulk("start_time"u8);
        call.Reply.Integer(backups.StartedSeconds);
        call.Reply.Bulk("end_time"u8);
        call.Reply.Integer(backups.EndedSeconds);
    }

    [Command("BACKUP LIST", Summary = "List the immutable backup file paths pinned so far.", Since = "8.10.0", Complexity = "O(1)", Flags = Admin | Stale)]
    internal static void List(ref Call call)
    {
        string[] files = [.. Of(ref call).Files];
        call.Reply.Array(files.Length);
        foreach (var file in files) call.Reply.Bulk(ByteText.ToBytes(ByteText.FromText(file)));
    }

    [Command("BACKUP HELP", Summary = "Return helpful text about BACKUP command parameters.", Since = "8.10.0", Complexity = "O(1)", Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "START",
        "    Start a new backup into the configured 'backupdirname'.",
        "SEAL",
        "    Freeze the current backup (BASE + INCR + manifest).",
        "ABORT",
        "    Cancel a backup that has not been sealed yet.",
        "CLEANUP",
        "    Remove a sealed backup's files and return to idle.",
        "STATUS",
        "    Report the current backup state.",
        "LIST",
        "    List the immutable files pinned so far.");

    private static Backups Of(ref Call call) => call.Executor.Services.Get<Backups>();

    /// <summary>Answers when it is over. Who cannot wait, in a transaction, is told that it has begun; BACKUP STATUS tells what comes of it.</summary>
    private static void Await(ref Call call, BackupOperation operation)
    {
        if (operation.IsOver) Answer(ref call, operation);
        else if (!call.MayBlock) call.Reply.Ok();
        else call.Executor.BlockedClients.Wait(new Wait(call.Session, operation));
    }

    private static void Answer(ref Call call, BackupOperation operation)
    {
        if (operation.Error is { } error) call.Fail("ERR " + error);
        else call.Reply.Ok();
    }

    private sealed class Wait(Session session, BackupOperation operation) : BlockedCondition(session)
    {
        public override bool TryAnswer(ref Call call)
        {
            if (operation.IsOver) Answer(ref call, operation);
            return operation.IsOver;
        }
    }
}
