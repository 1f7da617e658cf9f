using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Carnelian;

/// <summary>
/// An IP address and port in 20 bytes, so that every connection can keep its peer's name without a string: the kernel
/// forgets it when the connection is reset, just when the log wants it.
/// </summary>
internal struct SocketName
{
    /// <summary>Room for the largest of sockaddr_in (16), sockaddr_in6 (28) and sockaddr_un (110).</summary>
    public const int NativeBytesMax = 112;

    private const int UnixPathOffset = 2, UnixPathBytesMax = 107;

    private Address _address;
    private ushort _port;
    private ushort _family;

    [InlineArray(16)]
    private struct Address
    {
        private byte _first;
    }

    /// <summary>Reads a sockaddr as the kernel wrote it. Families other than IPv4 and IPv6 give an empty name.</summary>
    public static SocketName Read(ReadOnlySpan<byte> native)
    {
        var name = default(SocketName);
        if (native.Length < 2) return name;
        var family = BitConverter.ToUInt16(native);
        var bytes = family == Libc.AF_INET ? native.Slice(4, 4) : family == Libc.AF_INET6 ? native.Slice(8, 16) : default;
        if (bytes.IsEmpty) return name;
        bytes.CopyTo(name._address);
        name._port = BinaryPrimitives.ReadUInt16BigEndian(native[2..]);
        name._family = family;
        return name;
    }

    /// <summary>Writes the sockaddr of an end point; 0 when it is of a kind or length that sockets do not know.</summary>
    public static int Write(EndPoint endPoint, Span<byte> native)
    {
        native.Clear();
        switch (endPoint)
        {
            case IPEndPoint { AddressFamily: AddressFamily.InterNetwork } ip:
                BitConverter.TryWriteBytes(native, (ushort)Libc.AF_INET);
                BinaryPrimitives.WriteUInt16BigEndian(native[2..], (ushort)ip.Port);
                ip.Address.TryWriteBytes(native[4..], out _);
                return 16;
            case IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip:
                BitConverter.TryWriteBytes(native, (ushort)Libc.AF_INET6);
                BinaryPrimitives.WriteUInt16BigEndian(native[2..], (ushort)ip.Port);
                ip.Address.TryWriteBytes(native[8..], out _);
                BitConverter.TryWriteBytes(native[24..], (uint)ip.Address.ScopeId);
                return 28;
            case UnixDomainSocketEndPoint unix:
                var path = unix.ToString();
                if (Encoding.UTF8.GetByteCount(path) > UnixPathBytesMax) return 0;
                BitConverter.TryWriteBytes(native, (ushort)Libc.AF_UNIX);
                return UnixPathOffset + Encoding.UTF8.GetBytes(path, native[UnixPathOffset..]) + 1;
            default:
                return 0;
        }
    }

    public static int FamilyOf(EndPoint endPoint) => endPoint.AddressFamily switch
    {
        AddressFamily.InterNetwork => Libc.AF_INET,
        AddressFamily.InterNetworkV6 => Libc.AF_INET6,
        AddressFamily.Unix => Libc.AF_UNIX,
        _ => -1,
    };

    public readonly bool IsEmpty => _family == 0;

    public readonly bool IsLoopback => !IsEmpty && IPAddress.IsLoopback(ToAddress());

    public readonly IPEndPoint ToEndPoint() => new(ToAddress(), _port);

    /// <summary>As Redis shows it: "127.0.0.1:50123", "[::1]:50123", "?:0" when unknown.</summary>
    public override readonly string ToString() => IsEmpty ? "?:0" : ToEndPoint().ToString();

    private readonly IPAddress ToAddress() => new(_family == Libc.AF_INET ? _address[..4] : _address[..]);
}
