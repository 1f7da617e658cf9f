using System.Diagnostics;

namespace Carnelian;

/// <summary>
/// Sends commands through deep pipelines over one connection. Two batches are under way at a time, so that the server has one to
/// work on while the next is written. Replies must be short (SET, DEL): those of two batches have to fit into the socket's buffers.
/// </summary>
internal static class RespLoader
{
    /// <summary>What valkey-benchmark's keys look like: 16 bytes with the prefix "key:".</summary>
    public const string KeyPrefix = "key:";

    private const int BatchCommands = 512;
    private const int NumberDigits = 12;

    /// <summary>Writes the i-th command into the connection.</summary>
    public delegate void Append(RespConnection connection, long index);

    /// <summary>Sends the commands from first up to end, and returns when all are answered.</summary>
    public static void Run(RespConnection connection, long first, long end, Append append)
    {
        var underWay = 0L;
        while (first < end)
        {
            var batchEnd = Math.Min(first + BatchCommands, end);
            var batch = batchEnd - first;
            for (; first < batchEnd; first++)
                append(connection, first);
            connection.Flush();
            connection.SkipReplies(underWay);
            underWay = batch;
        }
        connection.SkipReplies(underWay);
    }

    /// <summary>Sends commands for so long; returns how many.</summary>
    public static long RunFor(RespConnection connection, TimeSpan duration, Append append)
    {
        const int CommandsBetweenLooks = BatchCommands * 16;
        var started = Stopwatch.GetTimestamp();
        var next = 0L;
        for (; Stopwatch.GetElapsedTime(started) < duration; next += CommandsBetweenLooks)
            Run(connection, next, next + CommandsBetweenLooks, append);
        return next;
    }

    /// <summary>SETs prefix:000000000000 and on, from first up to end, to one value; with an expiry of one to two days if asked for.</summary>
    public static void Fill(RespConnection connection, string prefix, long first, long end, byte[] value, bool expiring = false)
    {
        var key = NewKey(prefix);
        Run(connection, first, end, (to, index) =>
        {
            PutNumber(key, index);
            if (!expiring)
            {
                to.AppendSet(key, value);
                return;
            }
            const int DaySeconds = 86_400;
            to.AppendHeader(5);
            to.AppendBulk("SET"u8);
            to.AppendBulk(key);
            to.AppendBulk(value);
            to.AppendBulk("EX"u8);
            to.AppendBulk(DaySeconds + index % DaySeconds);
        });
    }

    /// <summary>HSETs fields as valkey-benchmark names them, from field:000000000000 on.</summary>
    public static void FillHash(RespConnection connection, string hash, long fields)
    {
        var field = NewKey("field:");
        Run(connection, 0, fields, (to, index) =>
        {
            PutNumber(field, index);
            to.AppendHeader(4);
            to.AppendBulk("HSET"u8);
            to.AppendBulk(System.Text.Encoding.ASCII.GetBytes(hash));
            to.AppendBulk(field);
            to.AppendBulk("value"u8);
        });
    }

    /// <summary>RPUSHes elements, a hundred at a time.</summary>
    public static void FillList(RespConnection connection, string list, long elements)
    {
        const int Together = 100;
        var element = NewKey("item");
        Run(connection, 0, elements / Together, (to, index) =>
        {
            to.AppendHeader(2 + Together);
            to.AppendBulk("RPUSH"u8);
            to.AppendBulk(System.Text.Encoding.ASCII.GetBytes(list));
            for (var i = 0; i < Together; i++)
            {
                PutNumber(element, index * Together + i);
                to.AppendBulk(element);
            }
        });
    }

    /// <summary>A key to be completed with <see cref="PutNumber"/>.</summary>
    public static byte[] NewKey(string prefix) => [.. System.Text.Encoding.ASCII.GetBytes(prefix), .. new byte[NumberDigits]];

    /// <summary>Overwrites the key's last twelve bytes with the number's digits.</summary>
    public static void PutNumber(Span<byte> key, long number)
    {
        for (var i = key.Length - 1; i >= key.Length - NumberDigits; i--, number /= 10)
            key[i] = (byte)('0' + number % 10);
    }

    /// <summary>Bytes that compress badly, the same in every run.</summary>
    public static byte[] Value(int length, ulong seed = 0x5EED)
    {
        var value = new byte[length];
        var random = new SeededRandom(seed);
        for (var i = 0; i < length; i++)
            value[i] = (byte)('!' + random.Below('~' - '!'));
        return value;
    }
}

/// <summary>SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the same numbers on every .NET.</summary>
internal struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public int Below(int bound)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)(((mixed ^ (mixed >> 31)) >> 33) % (ulong)bound);
    }
}
