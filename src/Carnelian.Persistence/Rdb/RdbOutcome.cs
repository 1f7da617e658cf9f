namespace Carnelian;

/// <summary>What came of reading a value.</summary>
public enum RdbOutcome
{
    /// <summary>The key has it.</summary>
    Read,

    /// <summary>It has no elements. Once a defect of Redis wrote such values: a file's is passed over, a payload's refused.</summary>
    Empty,

    /// <summary>It is of a module's type that is not known, and was passed over.</summary>
    Skipped,

    /// <summary>It is none; <see cref="RdbReader.Error"/> says why. The key is as it was.</summary>
    Damaged,
}
