namespace Carnelian;

/// <summary>Collects a payload in blocks that a connection can send from. What is long and held elsewhere becomes a part as it is.</summary>
internal sealed class PayloadParts(OutputChunks chunks) : RdbChunks, IDisposable
{
    private readonly List<SharedBytes> _parts = [];

    protected override void Put(ReadOnlySpan<byte> bytes) => _parts.Add(chunks.Share(bytes));

    /// <summary>Adds bytes without a copy, held by the payload from now on. They are summed up by <see cref="SumReferred"/>, piece by piece.</summary>
    public void Refer(SharedBytes bytes)
    {
        Flush();
        _parts.Add(bytes);
    }

    public void SumReferred(ReadOnlySpan<byte> piece) => Sum(piece);

    /// <summary>Writes all of it behind each other.</summary>
    public void WriteTo(OutputBuffer output)
    {
        Flush();
        foreach (var part in _parts) output.TryRefer(part, 0, part.Span.Length);
    }

    public void Dispose()
    {
        foreach (var part in _parts) part.Release();
        _parts.Clear();
    }
}
