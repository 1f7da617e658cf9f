using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// Draws streams of bytes that are almost requests: valid ones changed in lengths, types and counts, cut, doubled, mixed, with
/// huge numbers and binary noise; and now and then nothing but noise.
/// </summary>
internal sealed class StreamMutator(Random chance)
{
    private static readonly string[] _words =
    [
        "SET", "GET", "INCR", "INCRBY", "APPEND", "STRLEN", "DEL", "EXISTS", "MGET", "MSET", "EXPIRE", "PEXPIRE", "TTL", "PERSIST", "SCAN", "KEYS", "TYPE", "DBSIZE",
        "PING", "ECHO", "SELECT", "HELLO", "AUTH", "CLIENT", "CONFIG", "COMMAND", "INFO", "FLUSHALL", "QUIT", "NX", "XX", "PX", "EX", "GT", "MATCH", "COUNT", "TYPE",
        "SETNAME", "GETNAME", "SETINFO", "LIB-NAME", "GETKEYS", "GETKEYSANDFLAGS", "DOCS", "LIST", "FILTERBY", "PATTERN", "ACLCAT", "GET", "k1", "k2", "k3", "*", "[a-", "\\",
        "0", "1", "2", "3", "-1", "100", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e5", "", "\r\n", "\0", "ÿþ", "all",
    ];

    private static readonly string[] _numbers =
    [
        "-1", "0", "1", "2", "3", "10", "16384", "16385", "65536", "1048577", "536870912", "536870913", "2147483647", "2147483648", "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "-2147483649", "-9223372036854775809", "00", "+1", " 1", "1 ", "0x1", "1.0", "", "x",
    ];

    public byte[] Next()
    {
        if (chance.Next(20) == 0) return Noise(chance.Next(1, 300));
        var stream = new List<byte>();
        for (var requests = chance.Next(1, 6); requests > 0; requests--) stream.AddRange(Request());
        for (var mutations = chance.Next(6); mutations > 0 && stream.Count > 0; mutations--) Mutate(stream);
        return [.. stream];
    }

    private byte[] Request()
    {
        var arguments = new string[chance.Next(8) == 0 ? chance.Next(1, 40) : chance.Next(1, 6)];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = Word();
        if (chance.Next(6) == 0) return Encoding.Latin1.GetBytes(string.Join(' ', arguments) + (chance.Next(2) == 0 ? "\r\n" : "\n"));
        return RequestMaker.Encode(arguments);
    }

    private string Word() => chance.Next(12) == 0 ? new string('x', chance.Next(200)) : _words[chance.Next(_words.Length)];

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        chance.NextBytes(noise);
        return noise;
    }

    private void Mutate(List<byte> stream)
    {
        var at = chance.Next(stream.Count);
        switch (chance.Next(10))
        {
            case 0:
                stream[at] ^= (byte)(1 << chance.Next(8));
                break;
            case 1:
                stream[at] = (byte)chance.Next(256);
                break;
            case 2:
                stream.RemoveRange(at, Math.Min(stream.Count - at, chance.Next(1, 20)));
                break;
            case 3:
                stream.InsertRange(at, Noise(chance.Next(1, 20)));
                break;
            case 4:
                stream.InsertRange(at, stream.GetRange(at, Math.Min(stream.Count - at, chance.Next(1, 60))));
                break;
            case 5:
                stream.RemoveRange(at, stream.Count - at);
                break;
            case 6:
                stream[at] = "*$+-:_#,(!=%~>\r\n \"'\\"u8[chance.Next(20)];
                break;
            default:
                ReplaceNumber(stream, at);
                break;
        }
    }

    /// <summary>Puts another number where a count or a length stands, the next one behind a place.</summary>
    private void ReplaceNumber(List<byte> stream, int at)
    {
        while (at < stream.Count && stream[at] is not ((byte)'*' or (byte)'$')) at++;
        if (at == stream.Count) return;
        var end = ++at;
        while (end < stream.Count && stream[end] != '\r') end++;
        stream.RemoveRange(at, end - at);
        stream.InsertRange(at, Encoding.ASCII.GetBytes(_numbers[chance.Next(_numbers.Length)]));
    }
}
