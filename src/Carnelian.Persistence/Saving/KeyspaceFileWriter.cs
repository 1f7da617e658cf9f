namespace Carnelian;

/// <summary>Writes a whole keyspace as it is to an RDB file, while nothing else happens.</summary>
/// <param name="keyDelayMicroseconds">It lasts at least so long for each key.</param>
internal sealed class KeyspaceFileWriter(World world, Keyspace keyspace, long keyDelayMicroseconds)
{
    private readonly EntryList _found = new();

    public void Write(RdbFileWriter file, RdbFacts facts)
    {
        file.Begin(facts);
        var use = keyspace.Access.Moment;
        foreach (var database in keyspace.Databases)
        {
            var data = database.Data;
            if (data.Count == 0) continue;
            file.Database(database.Number, data.Count, data.Expiring);
            ulong cursor = 0;
            do
            {
                _found.Clear();
                cursor = data.Scan(cursor, _found);
                for (var i = 0; i < _found.Count; i++)
                {
                    file.Key(data, _found[i], use.IdleSecondsToKeep(_found[i]), use.FrequencyToKeep(_found[i]));
                    if (keyDelayMicroseconds > 0) world.Clock.Block(keyDelayMicroseconds);
                }
            }
            while (cursor != 0);
        }
        _found.Clear();
        file.End();
    }
}
