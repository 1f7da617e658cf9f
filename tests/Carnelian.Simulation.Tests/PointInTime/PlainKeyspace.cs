using System.Text;

namespace Carnelian.Tests;

/// <summary>A keyspace in checked memory that deletes nothing of itself: what a log is replayed into, or a file is loaded into.</summary>
internal sealed class PlainKeyspace : IDisposable
{
    private readonly BlockAllocator _allocator = new(new() { Checked = true, RangeBytesMax = 256L << 20 });
    private readonly Keyspace _keyspace;
    private readonly DirectSession _session;

    public PlainKeyspace(World world, int databases)
    {
        _keyspace = new(new() { Databases = databases }, _allocator, world.Randomness) { DefaultPolicy = ExpiryPolicy.Ignore };
        var executor = new Executor(_keyspace, ServerCommandTable.Shared, world.Clock);
        executor.Services.Add(new Dumps(_keyspace));
        _session = new(executor);
    }

    public long Count
    {
        get
        {
            long count = 0;
            foreach (var database in _keyspace.Databases) count += database.Data.Count;
            return count;
        }
    }

    /// <summary>Runs the log's records up to an offset.</summary>
    public void Replay(ChangeTape tape, long until)
    {
        while (tape.Next(until) is { } record)
        {
            _session.Database = _keyspace.Databases[record.Database];
            var reply = _session.Run(record.Words);
            if (reply.IsError) throw new AssertionException($"replaying {string.Join(' ', record.Words.Select(Encoding.Latin1.GetString))}: {reply.Text}");
        }
    }

    /// <summary>Loads an RDB file, every key once.</summary>
    public void Load(Disk disk, string path)
    {
        using var file = disk.Open(path, DiskOpenMode.Read).Value!;
        var loader = new RdbLoader(_keyspace) { DropsExpired = false };
        var reader = new RdbFileReader(new RdbFileSource(file), loader);
        if (!reader.ReadAll()) throw new AssertionException($"the file is damaged: {reader.Error}");
        Assert.That(loader.KeysLoaded, Is.EqualTo(Count));
    }

    public void AssertSame(PlainKeyspace other)
    {
        var (mine, theirs) = (DatasetText.Of(_session, _keyspace), DatasetText.Of(other._session, other._keyspace));
        for (var i = 0; i < Math.Max(mine.Count, theirs.Count); i++)
        {
            var (one, two) = (mine.ElementAtOrDefault(i) ?? "nothing", theirs.ElementAtOrDefault(i) ?? "nothing");
            if (one != two) throw new AssertionException($"{Short(one)}\nis to be\n{Short(two)}");
        }
        Assert.That(_session.Digest(), Is.EqualTo(other._session.Digest()));
    }

    private static string Short(string line) => line.Length > 2000 ? line[..2000] : line;

    public void Dispose()
    {
        _keyspace.Dispose();
        _allocator.Dispose();
    }
}
