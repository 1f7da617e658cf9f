using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>What is wrong with a manifest, in Redis' words.</summary>
/// <param name="Line">Number of the line, from 1 on.</param>
/// <param name="Text">The line, trimmed; null where none is to be shown.</param>
public sealed record ManifestError(string Message, int Line, string? Text)
{
    /// <summary>What Redis says in its log, line by line.</summary>
    public IEnumerable<string> LogLines
    {
        get
        {
            yield return "\n*** FATAL AOF MANIFEST FILE ERROR ***\n";
            if (Text is not null)
            {
                yield return $"Reading the manifest file, at line {Line}\n";
                yield return $">>> '{Text}'\n";
            }
            yield return Message + "\n";
        }
    }
}

/// <summary>
/// The manifest as text: a line per file, <c>file NAME seq NUMBER type LETTER</c> and perhaps more pairs of words, of which unknown ones mean nothing to us.
/// A line that begins with # says nothing. Accepts and refuses what Redis does (aof.c, aofLoadManifestFromFile).
/// </summary>
public static class ManifestText
{
    private const int LineBytesMax = 1024;

    private const string InvalidFormat = "Invalid AOF manifest file format";

    public static bool TryParse(ReadOnlySpan<byte> text, out AppendOnlyManifest manifest, out ManifestError? error)
    {
        var parts = new Parts();
        manifest = AppendOnlyManifest.Empty;
        error = text.IsEmpty ? new("Found an empty AOF manifest", 0, null) : null;
        for (var number = 1; !text.IsEmpty && error is null; number++)
        {
            var end = text[..Math.Min(text.Length, LineBytesMax)].IndexOf((byte)'\n');
            var piece = end >= 0 ? text[..(end + 1)] : text[..Math.Min(text.Length, LineBytesMax)];
            text = text[piece.Length..];
            if (piece[0] == '#') continue;
            if (end < 0) error = new("The AOF manifest file contains too long line", number, null);
            else
            {
                var line = ByteText.UpToNul(piece).Trim(" \t\r\n"u8);
                if (parts.TakeLine(line) is { } message) error = new(message, number, ByteText.FromBytes(line));
            }
        }
        if (error is null) manifest = parts.ToManifest();
        return error is null;
    }

    public static byte[] Write(AppendOnlyManifest manifest)
    {
        var text = new StringBuilder();
        if (manifest.Base is not null) Append(text, manifest.Base);
        foreach (var file in manifest.History) Append(text, file);
        foreach (var file in manifest.Increments) Append(text, file);
        return ByteText.ToBytes(text.ToString());
    }

    private static void Append(StringBuilder text, AppendOnlyFileInfo file)
    {
        text.Append(CultureInfo.InvariantCulture, $"file {(NeedsQuotes(file.Name) ? ByteText.Quote(file.Name) : file.Name)} seq {file.Sequence} type {(char)file.Type}");
        if (file.StartOffset is not null) text.Append(CultureInfo.InvariantCulture, $" startoffset {file.StartOffset}");
        if (file.EndOffset is not null) text.Append(CultureInfo.InvariantCulture, $" endoffset {file.EndOffset}");
        text.Append('\n');
    }

    private static bool NeedsQuotes(string name) => name.AsSpan().ContainsAny('\\', '"', '\'') || name.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>The files that lines have told of.</summary>
    private sealed class Parts
    {
        private readonly List<AppendOnlyFileInfo> _history = [], _increments = [];
        private AppendOnlyFileInfo? _base;

        public AppendOnlyManifest ToManifest() => new(_base, [.. _history], [.. _increments]);

        /// <summary>What is wrong with a line, or null.</summary>
        public string? TakeLine(ReadOnlySpan<byte> line)
        {
            var words = line.IsEmpty ? null : ArgumentSplitter.Split(line);
            if (words is null || words.Count < 6 || words.Count % 2 != 0) return InvalidFormat;
            string? name = null;
            long sequence = 0;
            long? startOffset = null, endOffset = null;
            byte type = 0;
            for (var i = 0; i < words.Count; i += 2)
            {
                var value = words[i + 1];
                switch (ByteText.FromBytes(words[i]).ToLowerInvariant())
                {
                    case "file":
                        name = ByteText.FromBytes(ByteText.UpToNul(value));
                        if (name.AsSpan().ContainsAny('/', '\\')) return "File can't be a path, just a filename";
                        break;
                    case "seq": sequence = LeadingInteger(value); break;
                    case "type": type = value.Length > 0 ? value[0] : (byte)0; break;
                    case "startoffset": startOffset = LeadingInteger(value); break;
                    case "endoffset": endOffset = LeadingInteger(value); break;
                }
            }
            if (string.IsNullOrEmpty(name) || sequence == 0 || type == 0) return InvalidFormat;
            return Take(new(name, sequence, (AppendOnlyFileType)type, startOffset, endOffset));
        }

        private string? Take(AppendOnlyFileInfo file)
        {
            switch (file.Type)
            {
                case AppendOnlyFileType.Base:
                    if (_base is not null) return "Found duplicate base file information";
                    _base = file;
                    return null;
                case AppendOnlyFileType.History:
                    _history.Add(file);
                    return null;
                case AppendOnlyFileType.Increment:
                    if (file.Sequence <= (_increments.Count > 0 ? _increments[^1].Sequence : 0)) return "Found a non-monotonic sequence number";
                    _increments.Add(file);
                    return null;
                default: return "Unknown AOF file type";
            }
        }

        /// <summary>The number that a word begins with, as C reads it; 0 if with none.</summary>
        private static long LeadingInteger(ReadOnlySpan<byte> word)
        {
            word = word.TrimStart(" \t\n\v\f\r"u8);
            var isSigned = word.Length > 0 && word[0] is (byte)'-' or (byte)'+';
            var end = isSigned ? 1 : 0;
            while (end < word.Length && word[end] is >= (byte)'0' and <= (byte)'9') end++;
            if (end == (isSigned ? 1 : 0)) return 0;
            return long.TryParse(word[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : word[0] == '-' ? long.MinValue : long.MaxValue;
        }
    }
}
