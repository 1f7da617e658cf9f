using System.Text;

namespace Carnelian.Tests;

/// <summary>A keyspace on a checked allocator with a listener that writes down all it hears.</summary>
internal sealed class KeyspaceRig : IDisposable
{
    private readonly SimulatedWorld _world;

    public KeyspaceRig(ulong seed = 1, bool isChecked = true, int databases = 4, bool usesSlots = false)
    {
        _world = new(seed);
        Allocator = new(new() { Checked = isChecked, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
        Keyspace = new(new() { Databases = databases, UsesSlots = usesSlots }, Allocator, _world.Randomness) { NowMs = 1000 };
        Heard = new() { Wants = (KeyspaceEventClass)~0, WantsModified = true };
        Keyspace.Attach(Heard);
    }

    public BlockAllocator Allocator { get; }

    public Keyspace Keyspace { get; }

    public Listener Heard { get; }

    public Database this[int number] => Keyspace.Databases[number];

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public Key Key(string text) => Keyspace.KeyOf(Bytes(text));

    public KeyEdit Edit(byte[] key, int database = 0) => Keyspace.Edit(this[database], Keyspace.KeyOf(key));

    public EntryView Find(string key, int database = 0) => Keyspace.Find(this[database], Key(key));

    public EntryView FindUntouched(string key, int database = 0) =>
        Keyspace.Find(this[database], Key(key), LookupFlags.NoTouch);

    /// <summary>Whether the table holds the key, whatever its time.</summary>
    public EntryView Kept(string key, int database = 0) => this[database].Data.TableOf(Key(key).Slot).Find(Bytes(key), Key(key).Hash).View;

    public void Set(string key, string value = "v", long expiryMs = EntryView.NoExpiry, int database = 0)
    {
        var bytes = Bytes(key);
        var edit = Edit(bytes, database);
        edit.Write(ValueType.String, ValueEncoding.Raw, Bytes(value), expiryMs, KeyspaceEvent.Set);
        Allocator.ReleaseRetired();
    }

    public void Delete(string key, int database = 0)
    {
        var bytes = Bytes(key);
        var edit = Edit(bytes, database);
        if (edit.Exists) edit.Delete(KeyspaceEvent.Delete);
        Allocator.ReleaseRetired();
    }

    public void Dispose()
    {
        Keyspace.Dispose();
        Allocator.Dispose();
        _world.Dispose();
    }

    public sealed class Listener : IKeyspaceListener
    {
        public List<string> Lines { get; } = [];

        public KeyspaceEventClass Wants { get; set; }

        public bool WantsModified { get; set; }

        public void OnModified(Author author, Database database, Key key) => Lines.Add($"modified {database.Number} {Text(key.Bytes)}");

        public void OnFlushing(Database? database) => Lines.Add($"flushed {database?.Number.ToString() ?? "all"}");

        public void OnSwapping(Database one, Database other) => Lines.Add($"swapped {one.Number} {other.Number}");

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) =>
            Lines.Add($"{Text(name)}/{kind} {database.Number} {Text(key.Bytes)}");

        /// <summary>What was heard since the last time.</summary>
        public string[] Take()
        {
            var lines = Lines.ToArray();
            Lines.Clear();
            return lines;
        }
    }

    /// <summary>Writes changes down as "unit targets database arguments"; a plus before or behind the unit: it has more records there.</summary>
    public sealed class Sink(ChangeTargets targets) : IChangeSink
    {
        public List<string> Lines { get; } = [];

        public List<long> Offsets { get; } = [];

        public ChangeTargets Targets => targets;

        public void Take(ChangeReader changes, long offset)
        {
            Offsets.Add(offset);
            while (changes.Next())
            {
                var words = new List<string>();
                foreach (var argument in changes.Arguments) words.Add(Text(argument));
                Assert.That(words, Has.Count.EqualTo(changes.Count));
                Lines.Add($"{(changes.ContinuesUnit ? "+" : "")}{changes.Unit}{(changes.MoreOfUnit ? "+" : "")} {changes.Targets} {changes.Database} {string.Join(' ', words)}");
            }
        }
    }
}
