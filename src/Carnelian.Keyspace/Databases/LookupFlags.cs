namespace Carnelian;

/// <summary>What a look-up leaves out, in Redis' words (LOOKUP_NOTOUCH and so on).</summary>
[Flags]
public enum LookupFlags
{
    None = 0,

    /// <summary>The key does not become fresher: TTL, TYPE, EXISTS.</summary>
    NoTouch = 1,

    /// <summary>That the key is missing is no event: OBJECT, SCAN.</summary>
    NoNotify = 2,

    /// <summary>Neither a hit nor a miss.</summary>
    NoStatistics = 4,

    /// <summary>A key whose time is over is found like any other, and stays.</summary>
    NoExpire = 8,

    /// <summary>Nobody can tell that the key was looked up: DEBUG, MEMORY USAGE.</summary>
    NoEffects = NoTouch | NoNotify | NoStatistics | NoExpire,
}
