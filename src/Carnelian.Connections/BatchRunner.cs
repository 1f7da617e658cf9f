namespace Carnelian;

/// <summary>Runs the requests of a batch for a session, on the command thread. Where they came from and where replies go it does not see.</summary>
internal static class BatchRunner
{
    /// <summary>
    /// Runs requests from one on, until the session can't go on: it is blocked, ending or gone. A request that changes how others are to be parsed is the
    /// last to run, too.
    /// </summary>
    /// <returns>The next request to run; the batch's count when all have run.</returns>
    public static int Run(ConnectionSession session, RequestBatch batch, int from, RequestLimits limits)
    {
        if (!session.CanRun || session.IsClosed) return from;
        var host = session.Host;
        var outer = host.Serving;
        host.Executor.BeginBatch();
        host.Serving = session;
        session.IsRunning = true;
        session.RefreshOutputLimit();
        var call = new Call(host.Executor, session, session.Output);
        try
        {
            var next = batch.Error is null ? Run(session, batch, from, limits, ref call) : Fail(session, batch, ref call);
            call.Reply.Flush();
            host.Serving = outer;
            session.IsRunning = false;
            session.OnBatchRun();
            return next;
        }
        catch (Exception) when (host.Note(ref call))
        {
            throw;
        }
    }

    private static int Run(ConnectionSession session, RequestBatch batch, int from, RequestLimits limits, ref Call call)
    {
        var (version, wasAuthenticated) = (limits.Version, session.IsAuthenticated);
        var input = batch.Input;
        batch.Prepare(input, session.Host.Executor.Commands, session.Database);
        var next = from;
        while (next < batch.Count)
        {
            batch.Begin(next, input, ref call);
            if (session.TapsRequests) session.OnRequest(batch.RawOf(next), batch.StreamOffset + batch.StartOf(next + 1));
            next++;
            session.Run(ref call);
            if (!session.CanRun || session.IsClosed) break;
            if (session.IsAuthenticated == wasAuthenticated && limits.Version == version) continue;
            session.RefreshOutputLimit();
            break;
        }
        return next;
    }

    private static int Fail(ConnectionSession session, RequestBatch batch, ref Call call)
    {
        call.Fail($"ERR Protocol error: {batch.Error}");
        session.OnProtocolError(batch.Error!, batch.Faulty);
        session.IsEnding = true;
        return batch.Count;
    }
}
