namespace Carnelian;

/// <summary>In RESP2 messages can't be told from replies, so that a subscriber may do little else. Closed for each while it subscribes to something.</summary>
internal sealed class SubscriberGate() : Gate(Gates.SubscriberMode)
{
    public override GateAnswer Ask(ref Call call)
    {
        if (call.Session.Version == RespVersion.Resp3 || call.Command.Has(CommandFlags.ForSubscribers)) return GateAnswer.Admitted;
        call.Fail($"ERR Can't execute '{call.Command.FullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
        return GateAnswer.Answered;
    }
}
