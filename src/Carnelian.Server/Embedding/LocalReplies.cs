namespace Carnelian;

/// <summary>Replies to the application that the server lives in: like a client's they wait until what they may tell of is as safe as was asked for.</summary>
internal sealed class LocalReplies(Outbox outbox, ChangeLog changes)
{
    private readonly Queue<(long Offset, LocalRequest Request, RespValue Value)> _waiting = new();

    public void Answer(LocalRequest request, RespValue reply)
    {
        var offset = changes.Offset;
        if (outbox.IsGated && offset > outbox.ReleasedOffset) _waiting.Enqueue((offset, request, reply));
        else request.Complete(reply);
    }

    /// <summary>Once a turn.</summary>
    public void Release()
    {
        while (_waiting.TryPeek(out var reply) && reply.Offset <= outbox.ReleasedOffset)
        {
            _waiting.Dequeue();
            reply.Request.Complete(reply.Value);
        }
    }

    /// <summary>Nothing will be released any more.</summary>
    public void Fail(Exception reason)
    {
        while (_waiting.TryDequeue(out var reply)) reply.Request.Fail(reason);
    }
}
