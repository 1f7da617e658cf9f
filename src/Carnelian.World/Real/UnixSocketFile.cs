using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>The file in the file system that a bound unix socket has.</summary>
internal sealed class UnixSocketFile
{
    private const int PermissionBits = 0x1FF;

    private readonly string _path;

    /// <summary>Tells the file from one that another server has made at the same path since.</summary>
    private readonly DateTime _created;

    private UnixSocketFile(string path) => (_path, _created) = (path, File.GetCreationTimeUtc(path));

    /// <summary>
    /// Removes what an earlier server left, so that the path can be bound. What somebody serves on stays, and binding then says that
    /// the address is in use (Redis takes the path away from the living). Of other files only an empty one goes (a socket's length
    /// is 0): a path given by mistake must not cost somebody a file of data.
    /// </summary>
    public static void RemoveStale(EndPoint address)
    {
        if (address is not UnixDomainSocketEndPoint unix) return;
        try
        {
            var file = new FileInfo(unix.ToString());
            var target = file.LinkTarget is null ? file : (FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true);
            // A link that leads nowhere is no file, but binding does not go through it.
            var isDangling = target != file && target?.Exists != true;
            if (isDangling || (target is { Exists: true, Length: 0 } && IsDead(unix))) file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidCastException)
        {
            // Binding to the path will say what is wrong with it.
        }
    }

    /// <summary>
    /// Nobody listens there: the system refuses. Anything else is an answer of the living: a full backlog (would block), a socket of
    /// another type, one that we may not connect to. In the moment between another's bind and listen its socket looks dead too.
    /// </summary>
    private static bool IsDead(UnixDomainSocketEndPoint address)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(address);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    /// <summary>The file of a socket that was just bound. Called before it listens: nobody can connect before the permissions hold.</summary>
    /// <returns>Null for a socket of another family.</returns>
    public static UnixSocketFile? Bound(ListenOptions options)
    {
        if (options.Address is not UnixDomainSocketEndPoint unix) return null;
        var path = unix.ToString();
        try
        {
            if (options.UnixSocketPermissions != 0 && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, (UnixFileMode)(options.UnixSocketPermissions & PermissionBits));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As in Redis: a file system without permissions is no reason not to listen.
        }
        return new(path);
    }

    /// <summary>Removes the file if it is still this one. Called before the socket is closed: as long as it listens, no other server takes the path.</summary>
    public void Remove()
    {
        try
        {
            if (File.GetCreationTimeUtc(_path) == _created) File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays behind, and the next server replaces it.
        }
    }
}
