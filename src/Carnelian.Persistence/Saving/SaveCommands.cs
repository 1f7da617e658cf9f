using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that save the RDB file.</summary>
[CommandFamily("server")]
internal static class SaveCommands
{
    private const string InProgress = "ERR Background save already in progress";

    [Command("SAVE", Summary = "Synchronously saves the database(s) to disk.", Since = "1.0.0",
        Complexity = "O(N) where N is the total number of keys in all databases",
        Flags = Admin | NoScript | NoAsyncLoading | NoMulti)]
    internal static void Save(ref Call call)
    {
        var saves = call.Executor.Services.Get<RdbSaves>();
        if (saves.IsSaving) call.Fail(InProgress);
        else if (saves.SaveCounted()) call.Reply.Ok();
        else call.Fail("ERR");
    }

    [Command("BGSAVE", Summary = "Asynchronously saves the database(s) to disk.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | NoAsyncLoading,
        Arguments = "[operation: SCHEDULE@3.2.2 | CANCEL@8.1.0]",
        History = [
            "3.2.2: Added the `SCHEDULE` option.",
            "8.1.0: Added the `CANCEL` option."])]
    internal static void BackgroundSave(ref Call call)
    {
        var schedules = call.Args.Count == 2 && call.Is(1, "schedule"u8);
        if (call.Args.Count == 2 && call.Is(1, "cancel"u8)) Cancel(ref call);
        else if (call.Args.Count > 1 && !schedules) call.FailSyntax();
        else Start(ref call, schedules);
    }

    private static void Start(ref Call call, bool schedules)
    {
        var services = call.Executor.Services;
        var saves = services.Get<RdbSaves>();
        var isInTransaction = !call.MayBlock;
        if (saves.IsSaving) call.Fail(InProgress);
        else if (services.Get<SnapshotFiles>().Running is null && !isInTransaction)
        {
            saves.Start();
            call.Reply.Simple("Background saving started"u8);
        }
        else if (schedules || isInTransaction)
        {
            saves.IsScheduled = true;
            call.Reply.Simple("Background saving scheduled"u8);
        }
        else call.Fail("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.");
    }

    private static void Cancel(ref Call call)
    {
        var saves = call.Executor.Services.Get<RdbSaves>();
        if (saves.TryCancel()) call.Reply.Simple("Background saving cancelled"u8);
        else if (saves.IsScheduled)
        {
            saves.IsScheduled = false;
            call.Reply.Simple("Scheduled background saving cancelled"u8);
        }
        else call.Fail("ERR Background saving is currently not in progress or scheduled");
    }

    [Command("LASTSAVE", Summary = "Returns the Unix timestamp of the last successful save to disk.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Fast, Categories = "admin dangerous",
        Tips = "nondeterministic_output")]
    internal static void LastSave(ref Call call) => call.Reply.Integer(call.Executor.Services.Get<RdbSaves>().LastSavedSeconds);
}
