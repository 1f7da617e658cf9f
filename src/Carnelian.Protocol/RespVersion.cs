namespace Carnelian;

/// <summary>The versions of RESP that a client may speak.</summary>
public enum RespVersion : byte
{
    Resp2 = 2,
    Resp3 = 3,
}
