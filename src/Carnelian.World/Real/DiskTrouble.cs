using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>Turns .NET's file exceptions back into what the operating system said.</summary>
public static class DiskTrouble
{
    private const int Win32Facility = unchecked((int)0x80070000);

    private const int FileNotFound = 2, AccessDeniedUnix = 13, AccessDeniedWindows = 5, NameTooLongUnix = 36, NameTooLongWindows = 206, IsDirectoryUnix = 21;

    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    public static DiskStatus Guard<T>(T parameter, Action<T> action) => Guard(parameter, null, action);

    /// <param name="path">What it is done to, if it has a name.</param>
    public static DiskStatus Guard<T>(T parameter, string? path, Action<T> action)
    {
        try
        {
            action(parameter);
            return DiskStatus.Success;
        }
        catch (Exception e) when (Is(e))
        {
            return StatusOf(e, path);
        }
    }

    /// <param name="path">What it was done to; .NET says of a directory that is opened as a file that the access is denied.</param>
    public static DiskStatus StatusOf(Exception e, string? path = null)
    {
        var windows = OperatingSystem.IsWindows();
        var code = e switch
        {
            FileNotFoundException or DirectoryNotFoundException => FileNotFound,
            PathTooLongException => windows ? NameTooLongWindows : NameTooLongUnix,
            UnauthorizedAccessException when !windows && Directory.Exists(path) => IsDirectoryUnix,
            UnauthorizedAccessException { InnerException: IOException inner } => inner.HResult,
            UnauthorizedAccessException => windows ? AccessDeniedWindows : AccessDeniedUnix,
            IOException when (e.HResult & 0xFFFF0000) == unchecked((uint)Win32Facility) => e.HResult & 0xFFFF,
            // On Unix the result of a plain IOException is the errno.
            IOException when !windows && e.HResult > 0 => e.HResult,
            _ => 0,
        };
        return code == 0 ? new(e.Message, null, path) : StatusOf(code, path);
    }

    /// <param name="code">errno, or Windows' own number.</param>
    public static DiskStatus StatusOf(int code, string? path) =>
        new(Marshal.GetPInvokeErrorMessage(code), OperatingSystem.IsWindows() ? null : DiskErrors.NameOf(code), path);
}
