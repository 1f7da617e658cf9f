namespace Carnelian;

/// <summary>What comes next in an append-only file.</summary>
public enum AppendOnlyItem
{
    Command,

    /// <summary>A line that begins with #: nothing to do.</summary>
    Annotation,

    /// <summary>The file ends here, as it may.</summary>
    End,

    /// <summary>The file ends in the midst of something, as a crash leaves it.</summary>
    Truncated,

    /// <summary>What stands here is no part of such a file, or its checksum says that it is not what was written.</summary>
    Malformed,

    /// <summary>The disk failed: the file may be whole.</summary>
    Unreadable,
}

public enum AppendOnlyErrorKind
{
    None,

    /// <summary>Another byte than a line begins with.</summary>
    Prefix,

    /// <summary>Something else than the line's end behind an argument.</summary>
    LineEnd,

    /// <summary>A count or length that is none.</summary>
    Number,

    /// <summary>An annotation that is longer than a server reads, or no text: then what stood there is lost, and commands behind it with it.</summary>
    Annotation,

    /// <summary>Bytes that are not those that were written.</summary>
    Checksum,

    /// <summary>The end of the file.</summary>
    EndOfFile,

    Disk,
}

/// <summary>What is wrong, and where.</summary>
/// <param name="Offset">In the file.</param>
/// <param name="Message">In the words of Redis' file checker where it has some.</param>
public readonly record struct AppendOnlyError(AppendOnlyErrorKind Kind, long Offset, string Message)
{
    internal static AppendOnlyError Prefix(long offset, byte expected, byte got) => new(AppendOnlyErrorKind.Prefix, offset, $"Expected prefix '{(char)expected}', got: '{(char)got}'");

    internal static AppendOnlyError LineEnd(long offset, byte first, byte second) => new(AppendOnlyErrorKind.LineEnd, offset, $"Expected \\r\\n, got: {first:x2}{second:x2}");

    internal static AppendOnlyError Number(long offset) => new(AppendOnlyErrorKind.Number, offset, "Expected a number of arguments or bytes");

    internal static AppendOnlyError LongAnnotation(long offset) => new(AppendOnlyErrorKind.Annotation, offset, "An annotation of more than 1023 bytes");

    internal static AppendOnlyError LostAnnotation(long offset) => new(AppendOnlyErrorKind.Annotation, offset, "An annotation with bytes of zero");

    internal static AppendOnlyError Checksum(long offset, uint told, uint found) => new(AppendOnlyErrorKind.Checksum, offset, $"Wrong checksum: the annotation says {told:x8}, the bytes behind it have {found:x8}");

    internal static AppendOnlyError EndOfFile(long offset) => new(AppendOnlyErrorKind.EndOfFile, offset, "Unexpected end of file");

    internal static AppendOnlyError Disk(long offset, string error) => new(AppendOnlyErrorKind.Disk, offset, error);
}
