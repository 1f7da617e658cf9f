namespace Carnelian;

/// <summary>What can be wrong with an RDB file, as far as whoever reads it speaks of it in different words.</summary>
public enum RdbFault
{
    None,

    /// <summary>It does not begin as an RDB file does.</summary>
    Signature,

    /// <summary>Its version cannot be read.</summary>
    Version,

    /// <summary>A key is of a type that there is not.</summary>
    Type,

    /// <summary>Functions in a form that no release has had.</summary>
    Functions,

    /// <summary>The checksum is another.</summary>
    Checksum,

    /// <summary>It is over before it should be.</summary>
    EndsEarly,

    /// <summary>Anything else: mostly a value.</summary>
    Contents,
}

/// <summary>What is read of an RDB file, in the order of the names that redis-check-rdb has for it.</summary>
public enum RdbStep
{
    Start,
    Type,
    Expiry,
    Key,
    Value,
    Checksum,
    Length,
    Aux,
    ModuleAux,
    Functions,
}
