namespace Carnelian;

/// <summary>Types of clients, as CLIENT LIST and KILL choose by them.</summary>
internal enum ClientType
{
    Normal,
    Replica,
    PubSub,
    Master,
}

/// <summary>What a client has asked for until RESET.</summary>
[Flags]
internal enum ClientModes : byte
{
    None = 0,

    /// <summary>CLIENT NO-EVICT: not closed when clients take too much memory.</summary>
    NoEvict = 1,

    /// <summary>CLIENT REPLY OFF.</summary>
    RepliesOff = 2,

    /// <summary>CLIENT REPLY SKIP: the next request is not answered.</summary>
    SkipsReply = 4,
}
