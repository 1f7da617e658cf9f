namespace Carnelian;

/// <summary>An RDB file that is read from the disk, on whatever thread.</summary>
/// <param name="start">Where it begins in the file.</param>
public sealed class RdbFileSource(DiskFile file, long start = 0) : RdbSource
{
    private long _at = start;

    public override long Length { get; } = file.Length - start;

    protected override int Read(Span<byte> to)
    {
        if (Failure is not null) return 0;
        var read = file.ReadAt(_at, to);
        Failure = read.Status.Error;
        _at += read.Value;
        return read.Value;
    }
}

/// <summary>An RDB file that is written to the disk, on whatever thread.</summary>
public sealed class RdbFileOutput(DiskFile file) : RdbChunks
{
    /// <summary>What came of writing; after a failure nothing more is written.</summary>
    public DiskStatus Status { get; private set; }

    protected override void Put(ReadOnlySpan<byte> bytes)
    {
        if (Status.Ok) Status = file.Append(bytes);
    }
}
