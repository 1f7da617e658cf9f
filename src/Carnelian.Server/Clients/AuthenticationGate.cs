namespace Carnelian;

/// <summary>Lets a client that has not authenticated do nothing but that. Closed for each new client while a password is set.</summary>
internal sealed class AuthenticationGate() : Gate(Gates.Authentication)
{
    public override GateAnswer Ask(ref Call call)
    {
        if (call.Command.Has(CommandFlags.NoAuth)) return GateAnswer.Admitted;
        call.Fail("NOAUTH Authentication required.");
        return GateAnswer.Answered;
    }
}
