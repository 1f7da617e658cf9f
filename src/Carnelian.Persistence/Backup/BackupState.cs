namespace Carnelian;

/// <summary>What has become of a backup; BACKUP STATUS says these words in small letters.</summary>
public enum BackupState
{
    /// <summary>There is none.</summary>
    Idle,

    /// <summary>It waits until a base can be written.</summary>
    Pending,

    /// <summary>Its base is being written.</summary>
    Snapshotting,

    /// <summary>Its base is there, and changes are gathered behind it.</summary>
    Incrementing,

    /// <summary>It is whole, and its files do not change any more.</summary>
    Sealed,

    /// <summary>It came to nothing, or was aborted.</summary>
    Failed,
}
