namespace Carnelian;

/// <summary>
/// Writes a snapshot as an RDB file. Keys come in the order in which they were saved, so that a database may be selected more than once; how many keys it has is said the
/// first time.
/// </summary>
/// <param name="factsNow">Asked at the cut.</param>
public sealed class RdbSnapshotEncoder(Func<RdbFacts> factsNow) : SnapshotEncoder
{
    private readonly RdbValueWriter _values = new(new());
    private RdbFacts _facts = null!;
    private SnapshotCut _cut = null!;
    private RdbFileWriter _file = null!;
    private bool[] _isIntroduced = [];
    private int _database = -1;

    /// <summary>How the table whose fields come is written.</summary>
    private RdbType _table;
    private long _fieldsLeft, _earliestMs;

    public override bool Sums => _facts.Sums;

    public override bool Compresses => _facts.Compresses;

    public override void AtCut(SnapshotCut cut)
    {
        _cut = cut;
        _facts = factsNow();
        _isIntroduced = new bool[cut.Keys.Length];
    }

    public override void Begin(RdbChunks output)
    {
        _file = new(output, _facts.Version);
        _file.Begin(_facts);
    }

    public override void Write(RdbChunks output, scoped SnapshotReader records)
    {
        while (records.Next())
        {
            if (records.Kind == SnapshotRecord.Field) WriteField(output, records.Field);
            else WriteKey(output, records);
        }
    }

    private void WriteKey(RdbChunks output, scoped in SnapshotReader record)
    {
        Check.That(_fieldsLeft == 0);
        Select(record.Database);
        var entry = record.Entry;
        var type = RdbValueWriter.TypeOf(entry, _facts.Version);
        if (type == RdbType.Stream2) _file.TellActivity(record.Stream);
        _file.BeginKey(type, entry, _cut.Use.IdleSecondsToKeep(entry), _cut.Use.FrequencyToKeep(entry));
        switch (record.Kind)
        {
            case SnapshotRecord.Hash: BeginTable(output, type, record); break;
            case SnapshotRecord.List: RdbValueWriter.WriteList(output, record.List); break;
            case SnapshotRecord.Stream: RdbValueWriter.WriteStream(output, type, record.Stream); break;
            default: _values.WritePacked(output, type, entry); break;
        }
        CountKey();
    }

    private void Select(int database)
    {
        if (database == _database) return;
        _database = database;
        if (_isIntroduced[database])
        {
            _file.Select(database);
            return;
        }
        _isIntroduced[database] = true;
        var (count, expiring) = _cut.Keys[database];
        _file.Database(database, count, expiring);
    }

    private void BeginTable(RdbChunks output, RdbType type, scoped in SnapshotReader record)
    {
        (_table, _fieldsLeft, _earliestMs) = (type, record.FieldCount, Math.Max(0, record.EarliestMs));
        RdbValueWriter.BeginTable(output, type, _fieldsLeft, _earliestMs);
    }

    private void WriteField(RdbChunks output, FieldView field)
    {
        Check.That(_fieldsLeft-- > 0);
        switch (_table)
        {
            case RdbType.SortedSet2: RdbValueWriter.WriteMember(output, field); break;
            case RdbType.Set: output.String(field.Name); break;
            default: RdbValueWriter.WriteField(output, _table, field, _earliestMs); break;
        }
    }

    public override void End(RdbChunks output)
    {
        Check.That(_fieldsLeft == 0);
        _file.End();
    }
}
