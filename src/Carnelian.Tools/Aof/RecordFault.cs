using System.Globalization;

namespace Carnelian;

/// <summary>
/// What is wrong with one record of an append-only file, in the words of redis-check-aof and with the place that it tells. <see cref="AppendOnlyReader"/> has found out that something is.
/// </summary>
/// <param name="Text">Null if the file is over where a line should begin, which redis-check-aof has no words for, or if nothing was found.</param>
/// <param name="Lines">How many lines were whole.</param>
internal readonly record struct RecordFault(string? Text, long Place, long Lines)
{
    /// <summary>Of a count or length, so much is looked at.</summary>
    private const int LineBytesMax = 127;

    /// <param name="start">Where the record begins.</param>
    public static RecordFault Find(DiskFile file, long start)
    {
        var reading = new Reading(file, start);
        if (!reading.TryNumber('*', out var count)) return reading.Fault;
        for (; count > 0; count--)
        {
            if (!reading.TryNumber('$', out var length) || !reading.TryText(length)) break;
        }
        return reading.Fault;
    }

    private ref struct Reading(DiskFile file, long at)
    {
        private readonly byte[] _line = new byte[LineBytesMax];
        private string? _text;
        private long _place, _lines;

        public readonly RecordFault Fault => new(_text, _place, _lines);

        public bool TryNumber(char prefix, out long number)
        {
            number = 0;
            var line = Line();
            if (line.IsEmpty) return false;
            _place = at;
            if (line[0] != prefix) return Fail($"Expected prefix '{prefix}', got: '{(char)line[0]}'");
            var end = 1;
            if (end < line.Length && line[end] is (byte)'-' or (byte)'+') end++;
            var first = end;
            while (end < line.Length && line[end] is >= (byte)'0' and <= (byte)'9') end++;
            if (end == first) end = 1;
            // What is too large for C's long is the largest.
            else if (!long.TryParse(line[1..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) number = line[1] == '-' ? long.MinValue : long.MaxValue;
            at += line.Length;
            return TryLineEnd(line[end..]);
        }

        public bool TryText(long length)
        {
            if (length is < 0 or > long.MaxValue - 2) return Fail($"Expected to read string of {length} bytes, which is not in the suitable range");
            _place = at;
            var there = file.Length - at;
            if (there < length + 2) return Fail($"Expected to read {length + 2} bytes, got {there} bytes");
            at += length;
            Span<byte> end = stackalloc byte[2];
            file.ReadAt(at, end);
            at += 2;
            return TryLineEnd(end);
        }

        private bool TryLineEnd(scoped ReadOnlySpan<byte> bytes)
        {
            if (!bytes.StartsWith("\r\n"u8)) return Fail($"Expected \\r\\n, got: {ByteAt(bytes, 0)}{ByteAt(bytes, 1)}");
            _lines++;
            return true;
        }

        /// <summary>As C prints a char by %02x.</summary>
        private static string ByteAt(ReadOnlySpan<byte> bytes, int i) => i >= bytes.Length ? "00" : $"{(uint)(sbyte)bytes[i]:x2}";

        private bool Fail(string text)
        {
            _text = text;
            return false;
        }

        /// <summary>The rest of the line, with its end if that is not far; empty at the end of the file.</summary>
        private readonly ReadOnlySpan<byte> Line()
        {
            var read = _line.AsSpan(0, file.ReadAt(at, _line).Value);
            var end = read.IndexOf((byte)'\n');
            return end < 0 ? read : read[..(end + 1)];
        }
    }
}
