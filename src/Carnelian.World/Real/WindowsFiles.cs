using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>What .NET has no call for on Windows.</summary>
internal static partial class WindowsFiles
{
    /// <returns>Windows' number of what went wrong; 0: nothing.</returns>
    public static int Link(string path, string name) => CreateHardLinkW(name, path, 0) ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLinkW(string name, string path, nint securityAttributes);
}
