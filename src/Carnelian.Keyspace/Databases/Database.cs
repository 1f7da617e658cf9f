namespace Carnelian;

/// <summary>One numbered database.</summary>
public sealed class Database : IDisposable
{
    internal Database(int number, Keyspace keyspace, Dataset data)
    {
        Number = number;
        Keyspace = keyspace;
        Data = data;
    }

    public int Number { get; }

    public Keyspace Keyspace { get; }

    public Dataset Data { get; private set; }

    /// <summary>Nobody may hear of its keys yet.</summary>
    internal bool IsHidden { get; init; }

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
