namespace Carnelian;

/// <summary>One numbered database.</summary>
public sealed class Database(int number, Keyspace keyspace) : IDisposable
{
    public int Number { get; } = number;

    public Keyspace Keyspace { get; } = keyspace;

    public Dataset Data { get; private set; } = keyspace.NewDataset();

    /// <summary>Puts nothing in place of the keys, which are then the caller's to dispose of.</summary>
    internal Dataset Detach()
    {
        var data = Data;
        Data = Keyspace.NewDataset();
        return data;
    }

    /// <summary>Each gets the other's keys.</summary>
    internal void Swap(Database other) => (Data, other.Data) = (other.Data, Data);

    public void Dispose() => Data.Tables.Disposal.Finish();
}
