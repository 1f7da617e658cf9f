namespace Carnelian.Tests;

/// <summary>Keeps what a change log delivers, as an append-only file would.</summary>
internal sealed class ChangeTape : IChangeSink
{
    private readonly Queue<Record> _records = new();

    public ChangeTargets Targets => ChangeTargets.AppendOnlyFile;

    /// <param name="Offset">Behind it.</param>
    public sealed record Record(long Offset, int Database, byte[][] Words);

    /// <summary>The next one, if it stands before this offset.</summary>
    public Record? Next(long until) => _records.TryPeek(out var next) && next.Offset <= until ? _records.Dequeue() : null;

    public void Take(ChangeReader changes, long offset)
    {
        var taken = new List<(int Database, byte[][] Words)>();
        while (changes.Next())
        {
            var words = new List<byte[]>();
            foreach (var argument in changes.Arguments) words.Add(argument.ToArray());
            taken.Add((changes.Database, [.. words]));
        }
        for (var i = 0; i < taken.Count; i++) _records.Enqueue(new(offset - taken.Count + 1 + i, taken[i].Database, taken[i].Words));
    }
}
