namespace Carnelian;

/// <summary>What becomes of a key whose time is over.</summary>
public enum ExpiryPolicy
{
    /// <summary>It is deleted when somebody meets it (a master).</summary>
    Delete,

    /// <summary>It looks as if it were gone, and stays until the master says so (a replica, for its own clients).</summary>
    Hide,

    /// <summary>It is there (loading, and the link to a master).</summary>
    Ignore,
}
