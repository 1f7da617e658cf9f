using System.Globalization;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>Lines to the machine's syslog, in the form of RFC 3164 that /dev/log takes. What it does not take is lost.</summary>
internal sealed class Syslog(string identity, SyslogFacility facility, Clock clock, string path = "/dev/log")
{
    public const int Warning = 4, Notice = 5, Information = 6, Debug = 7;

    private Socket? _socket;

    /// <param name="severity">One of the constants.</param>
    public void Write(int severity, string message)
    {
        var time = clock.LocalTime(clock.UnixMilliseconds).ToString("MMM d HH:mm:ss", CultureInfo.InvariantCulture);
        // The day of the month takes two places, filled with a blank.
        if (time[5] == ' ') time = time.Insert(4, " ");
        var line = $"<{(int)facility * 8 + severity}>{time} {identity}[{Environment.ProcessId}]: {message}";
        // Once more with a new socket: the other end may have been started anew.
        if (!TrySend(line)) _ = TrySend(line);
    }

    private bool TrySend(string line)
    {
        try
        {
            if (_socket is null)
            {
                _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
                _socket.Connect(new UnixDomainSocketEndPoint(path));
            }
            _socket.Send(ByteText.BytesOfShown(line));
            return true;
        }
        catch (SocketException e)
        {
            if (e.SocketErrorCode == SocketError.WouldBlock) return true;
            _socket?.Dispose();
            _socket = null;
            return false;
        }
    }
}
