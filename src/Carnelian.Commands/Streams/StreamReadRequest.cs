namespace Carnelian;

/// <summary>The options of XREAD and XREADGROUP.</summary>
internal struct StreamReadRequest
{
    /// <summary>Entries of each stream at the most.</summary>
    public long Count { get; private set; }

    /// <summary>The request waits until there is something to read, or its deadline has passed.</summary>
    public bool Blocks { get; private set; }

    public long DeadlineMs { get; private set; }

    /// <summary>The argument that is the group's name, in front of the consumer's; 0: none is given.</summary>
    public int GroupAt { get; private set; }

    /// <summary>What is read does not become pending.</summary>
    public bool NoAcknowledgement { get; private set; }

    /// <summary>For how long an entry must have been pending to be claimed, milliseconds; -1: none is claimed.</summary>
    public long ClaimsFromMs { get; private set; }

    public readonly bool Claims => ClaimsFromMs >= 0;

    public int Streams { get; private set; }

    /// <summary>Arguments: so many keys, and then as many IDs.</summary>
    public int FirstKey { get; private set; }

    public readonly int FirstId => FirstKey + Streams;

    /// <summary>Reads all arguments but the IDs; otherwise the call has failed.</summary>
    /// <param name="isOfGroup">XREADGROUP.</param>
    public static StreamReadRequest Read(ref Call call, bool isOfGroup)
    {
        var request = new StreamReadRequest { Count = long.MaxValue, ClaimsFromMs = -1 };
        for (var i = 1; i < call.Args.Count && !call.Failed && request.FirstKey == 0; i++)
        {
            var more = call.Args.Count - i - 1;
            if (more > 0 && call.Is(i, "block"u8)) request.Blocks = request.TryReadDeadline(ref call, ++i);
            else if (more > 0 && call.Is(i, "count"u8))
            {
                if (call.TryInteger(++i, out var count)) request.Count = count > 0 ? count : long.MaxValue;
            }
            else if (more > 0 && call.Is(i, "streams"u8)) request.ReadStreams(ref call, i + 1, isOfGroup);
            else if (more > 1 && call.Is(i, "group"u8))
            {
                if (!isOfGroup) call.Fail("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
                request.GroupAt = i + 1;
                i += 2;
            }
            else if (more > 0 && call.Is(i, "claim"u8)) request.ReadClaim(ref call, ++i, isOfGroup);
            else if (call.Is(i, "noack"u8))
            {
                if (!isOfGroup) call.Fail("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
                request.NoAcknowledgement = true;
            }
            else call.FailSyntax();
        }
        if (call.Failed) return request;
        if (request.FirstKey == 0) call.FailSyntax();
        else if (isOfGroup && request.GroupAt == 0) call.Fail("ERR Missing GROUP option for XREADGROUP");
        return request;
    }

    private bool TryReadDeadline(ref Call call, int argument)
    {
        if (!BlockingTimeout.TryReadMilliseconds(ref call, argument, out var deadlineMs)) return false;
        DeadlineMs = deadlineMs;
        return true;
    }

    private void ReadClaim(ref Call call, int argument, bool isOfGroup)
    {
        if (!isOfGroup) call.Fail("ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.");
        else if (!IntegerText.TryParse(call.Args[argument], out var idleMs)) call.Fail("ERR min-idle-time is not an integer or out of range");
        else if (idleMs < 0) call.Fail("ERR min-idle-time must be a positive integer");
        else ClaimsFromMs = idleMs;
    }

    private void ReadStreams(ref Call call, int first, bool isOfGroup)
    {
        var arguments = call.Args.Count - first;
        FirstKey = first;
        Streams = arguments / 2;
        if (arguments % 2 == 0) return;
        call.Fail($"ERR Unbalanced '{call.Command.FullName}' list of streams: for each stream key an {(isOfGroup ? "ID or '>'" : "ID, '+', or '$'")} must be specified.");
    }
}
