namespace Carnelian;

/// <summary>
/// What changes something is refused while what it changes cannot be made to last, and so is PING, so that who looks after servers hears of it.
/// </summary>
internal sealed class DiskErrorGate(Server server) : Gate(Gates.DiskErrors)
{
    private const string SaveError =
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is "
        + "configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";

    /// <summary>Why nothing may be changed now; null when it may.</summary>
    public string? Error
    {
        get
        {
            var options = server.Options.Persistence;
            if (options.StopsWritesOnSaveError && options.SavePoints.Length > 0 && server.Saves.HasFailed) return SaveError;
            return server.AppendOnly is { State: not AppendOnlyState.Off, Error: { } error } ? "MISCONF Errors writing to the AOF file: " + error : null;
        }
    }

    /// <summary>What decides has changed.</summary>
    public void Refresh()
    {
        if (Error is null) server.Executor.ClosedGates &= ~Bit;
        else server.Executor.ClosedGates |= Bit;
    }

    public override GateAnswer Ask(ref Call call)
    {
        if (call.Executor.IsWithinCall || (call.Flags & CommandFlags.Write) == 0 && call.Command.Name != "ping") return GateAnswer.Admitted;
        call.Fail(Error!);
        return GateAnswer.Answered;
    }
}
