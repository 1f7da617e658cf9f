using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>The file that a unix socket leaves in the file system.</summary>
internal static class UnixSocketFile
{
    private const int PermissionBits = 0x1FF;

    /// <summary>
    /// Removes what an earlier server left, as Redis does, but only an empty file (a socket's length is 0): a path given
    /// by mistake must not cost somebody a file of data, and binding then says that the address is in use.
    /// </summary>
    public static void RemoveStale(EndPoint address)
    {
        if (address is not UnixDomainSocketEndPoint) return;
        try
        {
            var file = new FileInfo(address.ToString()!);
            if (file.Exists && file.Length == 0) file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Binding to the path will say what is wrong with it.
        }
    }

    /// <summary>Between bind and listen: nobody can connect before the permissions hold.</summary>
    public static void SetPermissions(ListenOptions options)
    {
        if (options.UnixSocketPermissions == 0 || OperatingSystem.IsWindows()) return;
        try
        {
            File.SetUnixFileMode(options.Address.ToString()!, (UnixFileMode)(options.UnixSocketPermissions & PermissionBits));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As in Redis: a file system without permissions is no reason not to listen.
        }
    }

    public static void Remove(EndPoint address) => RemoveStale(address);
}
