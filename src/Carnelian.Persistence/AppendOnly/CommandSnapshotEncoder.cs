namespace Carnelian;

/// <summary>Writes a snapshot as commands that make what it has: the base of an append-only file where it is to be no RDB file (aof-use-rdb-preamble no). With the commands that Redis takes for it.</summary>
/// <param name="functions">Sources of libraries, asked for at the cut.</param>
internal sealed class CommandSnapshotEncoder(World world, AppendOnlyOptions options, Func<IReadOnlyList<byte[]>> functions) : SnapshotEncoder
{
    /// <summary>Elements of a collection in one command.</summary>
    private const int ItemsPerCommand = 64;

    private readonly RdbScratch _scratch = new();
    private readonly StreamCommands _streams = new();

    /// <summary>Fields of the table that comes whose time is to be set behind it.</summary>
    private readonly List<(byte[] Name, long ExpiryMs)> _times = [];

    private IReadOnlyList<byte[]> _functions = [];
    private long _atSeconds;
    private int _database = -1;

    /// <summary>The table whose fields come.</summary>
    private ValueType _table;
    private byte[] _key = [];
    private long _fieldsLeft, _expiryMs;

    /// <summary>Elements that the command begun still takes, and that come behind it.</summary>
    private int _room;

    public override void AtCut(SnapshotCut cut)
    {
        _functions = functions();
        _atSeconds = world.Clock.UnixMilliseconds / 1000;
    }

    public override void Begin(RdbChunks output)
    {
        var commands = new CommandOutput(output);
        if (options.WritesTimestamps) commands.Line(ByteText.ToBytes($"#TS:{_atSeconds}"));
        foreach (var library in _functions) commands.Begin(3).Bulk("FUNCTION"u8).Bulk("LOAD"u8).Bulk(library);
    }

    public override void Write(RdbChunks output, scoped SnapshotReader records)
    {
        var commands = new CommandOutput(output);
        while (records.Next())
        {
            if (records.Kind == SnapshotRecord.Field) WriteField(commands, records.Field);
            else WriteKey(commands, records);
        }
    }

    private void WriteKey(CommandOutput to, scoped in SnapshotReader record)
    {
        Check.That(_fieldsLeft == 0);
        if (record.Database != _database)
        {
            _database = record.Database;
            to.Begin(2).Bulk("SELECT"u8).Bulk(_database);
        }
        CountKey();
        var entry = record.Entry;
        switch (record.Kind)
        {
            case SnapshotRecord.Hash:
                (_table, _fieldsLeft, _expiryMs, _room) = (entry.Type, record.FieldCount, entry.ExpiryMs, 0);
                _key = entry.Key.ToArray();
                return;
            case SnapshotRecord.List: WriteList(to, entry.Key, record.List); break;
            case SnapshotRecord.Stream: _streams.Write(to, entry.Key, record.Stream); break;
            default: WritePacked(to, entry); break;
        }
        WriteExpiry(to, entry.Key, entry.ExpiryMs);
    }

    private static void WriteExpiry(CommandOutput to, ReadOnlySpan<byte> key, long expiryMs)
    {
        if (expiryMs != EntryView.NoExpiry) to.Begin(3).Bulk("PEXPIREAT"u8).Bulk(key).Bulk(expiryMs);
    }

    // ---- what lies in the key's entry

    private static void WritePacked(CommandOutput to, EntryView entry)
    {
        switch (entry.Type)
        {
            case ValueType.String: to.Begin(3).Bulk("SET"u8).Bulk(entry.Key).Bulk(entry.Value); break;
            case ValueType.List: WriteElements(to, "RPUSH"u8, entry.Key, new(entry.Value)); break;
            case ValueType.Set when entry.Encoding == ValueEncoding.IntSet: WriteIntegers(to, entry); break;
            case ValueType.Set: WriteElements(to, "SADD"u8, entry.Key, new(entry.Value)); break;
            case ValueType.SortedSet: WriteScores(to, entry); break;
            default: WriteFields(to, entry); break;
        }
    }

    private static void WriteElements(CommandOutput to, ReadOnlySpan<byte> command, ReadOnlySpan<byte> key, PackedList list)
    {
        var i = 0;
        foreach (var element in list.From(0))
        {
            if (i % ItemsPerCommand == 0) to.Begin(2 + Math.Min(ItemsPerCommand, list.Count - i)).Bulk(command).Bulk(key);
            to.Bulk(element);
            i++;
        }
    }

    private static void WriteIntegers(CommandOutput to, EntryView entry)
    {
        var set = new IntegerSet(entry.Value);
        for (var i = 0; i < set.Count; i++)
        {
            if (i % ItemsPerCommand == 0) to.Begin(2 + Math.Min(ItemsPerCommand, set.Count - i)).Bulk("SADD"u8).Bulk(entry.Key);
            to.Bulk(set[i]);
        }
    }

    private static void WriteScores(CommandOutput to, EntryView entry)
    {
        var pairs = new PackedHash(entry.Value, expires: false);
        var i = 0;
        for (var pair = pairs.First; pair.Exists; pair = pairs.Next(pair), i++)
        {
            if (i % ItemsPerCommand == 0) to.Begin(2 + 2 * Math.Min(ItemsPerCommand, pairs.Count - i)).Bulk("ZADD"u8).Bulk(entry.Key);
            to.Bulk(pair.Value).Bulk(pair.Name);
        }
    }

    private static void WriteFields(CommandOutput to, EntryView entry)
    {
        var fields = new PackedHash(entry.Value, entry.Encoding == ValueEncoding.ListPackEx);
        var i = 0;
        for (var field = fields.First; field.Exists; field = fields.Next(field), i++)
        {
            if (i % ItemsPerCommand == 0) to.Begin(2 + 2 * Math.Min(ItemsPerCommand, fields.Count - i)).Bulk("HMSET"u8).Bulk(entry.Key);
            to.Bulk(field.Name).Bulk(field.Value);
        }
        for (var field = fields.First; field.Exists && field.Expires; field = fields.Next(field))
            to.Begin(6).Bulk("HPEXPIREAT"u8).Bulk(entry.Key).Bulk(field.ExpiryMs).Bulk("FIELDS"u8).Bulk(1).Bulk(field.Name);
    }

    // ---- tables

    private void WriteField(CommandOutput to, FieldView field)
    {
        Check.That(_fieldsLeft > 0);
        if (_room == 0) BeginFields(to);
        _room--;
        _fieldsLeft--;
        if (_table == ValueType.SortedSet) to.Score(SortedTable.ScoreOf(field));
        to.Bulk(field.Name);
        if (_table == ValueType.Hash) to.Bulk(field.Value);
        if (field.Expires) _times.Add((field.Name.ToArray(), field.ExpiryMs));
        // Times are not gathered without a bound: the command that sets them must not stand within another one.
        if (_room == 0) WriteTimes(to);
        if (_fieldsLeft == 0) WriteExpiry(to, _key, _expiryMs);
    }

    private void BeginFields(CommandOutput to)
    {
        _room = (int)Math.Min(ItemsPerCommand, _fieldsLeft);
        to.Begin(2 + (_table == ValueType.Set ? 1 : 2) * _room).Bulk(_table switch
        {
            ValueType.Hash => "HMSET"u8,
            ValueType.Set => "SADD"u8,
            _ => "ZADD"u8,
        }).Bulk(_key);
    }

    private void WriteTimes(CommandOutput to)
    {
        foreach (var (name, expiryMs) in _times) to.Begin(6).Bulk("HPEXPIREAT"u8).Bulk(_key).Bulk(expiryMs).Bulk("FIELDS"u8).Bulk(1).Bulk(name);
        _times.Clear();
    }

    // ---- lists

    private void WriteList(CommandOutput to, ReadOnlySpan<byte> key, FrozenList list)
    {
        var (left, room) = (list.Count, 0);
        for (var i = 0; i < list.NodeCount; i++)
        {
            foreach (var element in list.Node(i, _scratch.Take(list.LengthOf(i))).From(0))
            {
                if (room == 0)
                {
                    room = (int)Math.Min(ItemsPerCommand, left);
                    to.Begin(2 + room).Bulk("RPUSH"u8).Bulk(key);
                }
                to.Bulk(element);
                left--;
                room--;
            }
        }
    }

    public override void End(RdbChunks output) => Check.That(_fieldsLeft == 0);
}
