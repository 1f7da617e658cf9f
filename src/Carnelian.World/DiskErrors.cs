namespace Carnelian;

/// <summary>What operating systems say of files that fail, and the names by which people look for it.</summary>
public static class DiskErrors
{
    public const string NoSpace = "No space left on device", InputOutput = "Input/output error", NoEntry = "No such file or directory",
        IsDirectory = "Is a directory", Exists = "File exists", NotDirectory = "Not a directory", BadDescriptor = "Bad file descriptor",
        Invalid = "Invalid argument", Denied = "Permission denied", ManyFiles = "Too many open files", NotPermitted = "Operation not permitted";

    /// <summary>The status of a failure that is known by its words.</summary>
    public static DiskStatus Status(string error, string? path) => new(error, NameOf(error), path);

    public static string? NameOf(string error) => error switch
    {
        NoSpace => "ENOSPC",
        InputOutput => "EIO",
        NoEntry => "ENOENT",
        IsDirectory => "EISDIR",
        Exists => "EEXIST",
        NotDirectory => "ENOTDIR",
        BadDescriptor => "EBADF",
        Invalid => "EINVAL",
        Denied => "EACCES",
        ManyFiles => "EMFILE",
        NotPermitted => "EPERM",
        _ => null,
    };

    /// <summary>Whether a link has failed because the file systems can't make it, so that a copy is the only way.</summary>
    public static bool IsWithoutLinks(DiskStatus status) => status.Name is "EPERM" or "EXDEV" or "EMLINK" or "ENOSYS" or "EOPNOTSUPP" || status is { Ok: false, Name: null };

    /// <summary>By number: up to 34 all Unixes agree, the rest is Linux'.</summary>
    public static string? NameOf(int errno) => errno switch
    {
        1 => "EPERM",
        2 => "ENOENT",
        4 => "EINTR",
        5 => "EIO",
        6 => "ENXIO",
        9 => "EBADF",
        12 => "ENOMEM",
        13 => "EACCES",
        16 => "EBUSY",
        17 => "EEXIST",
        18 => "EXDEV",
        19 => "ENODEV",
        20 => "ENOTDIR",
        21 => "EISDIR",
        22 => "EINVAL",
        23 => "ENFILE",
        24 => "EMFILE",
        26 => "ETXTBSY",
        27 => "EFBIG",
        28 => "ENOSPC",
        29 => "ESPIPE",
        30 => "EROFS",
        31 => "EMLINK",
        32 => "EPIPE",
        36 when OperatingSystem.IsLinux() => "ENAMETOOLONG",
        38 when OperatingSystem.IsLinux() => "ENOSYS",
        39 when OperatingSystem.IsLinux() => "ENOTEMPTY",
        40 when OperatingSystem.IsLinux() => "ELOOP",
        95 when OperatingSystem.IsLinux() => "EOPNOTSUPP",
        116 when OperatingSystem.IsLinux() => "ESTALE",
        122 when OperatingSystem.IsLinux() => "EDQUOT",
        _ => null,
    };
}
