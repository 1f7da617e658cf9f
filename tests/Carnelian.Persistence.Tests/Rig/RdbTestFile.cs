namespace Carnelian.Tests;

/// <summary>Files in memory.</summary>
internal static class RdbTestFile
{
    /// <summary>Writes all keys of a rig.</summary>
    public static byte[] Write(PersistenceRig rig, bool sums = true, bool withUse = false, RdbFormat format = RdbFormat.Redis8)
    {
        var output = new Written { Sums = sums };
        var writer = new RdbFileWriter(output, format.FileVersion(rig.Keyspace));
        writer.Begin();
        writer.UsualAux("8.0.6"u8, 1_700_000_000, rig.Allocator.UsedBytes, isAppendOnlyBase: false);
        var database = -1;
        ForEach(rig, (number, data, entry) =>
        {
            if (number != database) writer.Database(database = number, data.Count, data.Expiring);
            writer.Key(data, entry, withUse ? rig.Keyspace.Access.IdleMs(entry) / 1000 : -1, -1);
        });
        writer.End();
        return [.. output.All];
    }

    private delegate void Visitor(int database, Dataset data, EntryView entry);

    private static void ForEach(PersistenceRig rig, Visitor visit)
    {
        var found = new EntryList();
        foreach (var database in rig.Keyspace.Databases)
        {
            ulong cursor = 0;
            do
            {
                found.Clear();
                cursor = database.Data.Scan(cursor, found);
                for (var i = 0; i < found.Count; i++) visit(database.Number, database.Data, found[i]);
            }
            while (cursor != 0);
        }
    }

    /// <summary>A file of these bytes between beginning and end, with the right checksum.</summary>
    public static byte[] Of(string magic, Action<RdbOutput> write)
    {
        var buffer = new RdbBuffer();
        buffer.Bytes(PersistenceRig.Bytes(magic));
        write(buffer);
        buffer.Byte(0xff);
        return Payload.Sealed(buffer.Written);
    }

    public static RdbFileReader Load(PersistenceRig rig, byte[] file, RdbLoader? loader = null, int chunkBytes = 4096, bool checks = true) =>
        new(new Bytes(file, chunkBytes), loader ?? new RdbLoader(rig.Keyspace)) { ChecksChecksum = checks };

    public static RdbSource Source(byte[] file, int chunkBytes) => new Bytes(file, chunkBytes);

    private sealed class Written() : RdbChunks(512)
    {
        public List<byte> All { get; } = [];

        protected override void Put(ReadOnlySpan<byte> bytes) => All.AddRange(bytes);
    }

    private sealed class Bytes(byte[] bytes, int chunkBytes) : RdbSource(chunkBytes)
    {
        private int _at;

        public override long Length => bytes.Length;

        protected override int Read(Span<byte> to)
        {
            var read = Math.Min(to.Length, bytes.Length - _at);
            bytes.AsSpan(_at, read).CopyTo(to);
            _at += read;
            return read;
        }
    }
}
