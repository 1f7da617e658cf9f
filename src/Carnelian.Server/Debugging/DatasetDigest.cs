using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// DEBUG DIGEST: one number for all data, by which Redis' test suite compares servers (debug.c, computeDatasetDigest). What has an order is mixed
/// in, digest = SHA-1(digest xor SHA-1(data)); what has none is xored.
/// </summary>
internal static class DatasetDigest
{
    private const int Bytes = Sha1.Bytes;

    public static void WriteAll(ref Call call)
    {
        Span<byte> all = stackalloc byte[Bytes], one = stackalloc byte[Bytes];
        Span<byte> number = stackalloc byte[sizeof(int)];
        all.Clear();
        var found = new EntryList();
        foreach (var database in call.Keyspace.Databases)
        {
            if (database.Data.Count == 0) continue;
            BinaryPrimitives.WriteInt32BigEndian(number, database.Number);
            Mix(all, number);
            ulong cursor = 0;
            do
            {
                found.Clear();
                cursor = database.Data.Scan(cursor, found);
                for (var i = 0; i < found.Count; i++)
                {
                    one.Clear();
                    Mix(one, found[i].Key);
                    AddValue(one, call.Keyspace, database, found[i]);
                    XorHash(all, one);
                }
            }
            while (cursor != 0);
        }
        Write(ref call.Reply, all);
    }

    /// <summary>Of each key's value; zeros for one that does not exist. Keys are looked at as they are, expired or not.</summary>
    public static void WriteValues(ref Call call)
    {
        Span<byte> digest = stackalloc byte[Bytes];
        call.Reply.Array(call.Args.Count - 2);
        for (var i = 2; i < call.Args.Count; i++)
        {
            digest.Clear();
            var view = call.Find(i, LookupFlags.NoEffects);
            if (view.Exists) AddValue(digest, call.Keyspace, call.Database, view);
            Write(ref call.Reply, digest);
        }
    }

    private static void Write(ref ReplyWriter reply, scoped ReadOnlySpan<byte> digest) => reply.Simple(Convert.ToHexStringLower(digest));

    private static void AddValue(Span<byte> digest, Keyspace keyspace, Database database, EntryView view)
    {
        Span<byte> type = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(type, (int)view.Type);
        Mix(digest, type);
        switch (view.Type)
        {
            case ValueType.String or ValueType.Module: Mix(digest, view.Value); break;
            case ValueType.List: AddElements(digest, new(database.Data, view)); break;
            case ValueType.Set: AddMembers(digest, new(database.Data, view)); break;
            case ValueType.Hash: AddFields(digest, new(keyspace, database, view)); break;
            case ValueType.SortedSet: AddScores(digest, new(database.Data, view)); break;
            case ValueType.Stream: AddEntries(digest, new(database.Data, view)); break;
            default: Check.Fail($"there is a digest for {view.Type}"); break;
        }
        if (view.Expires) XorHash(digest, "!!expire!!"u8);
    }

    private static void AddElements(Span<byte> digest, ListView list)
    {
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        foreach (var element in list.From(0)) Mix(digest, element.Text(text));
    }

    private static void AddMembers(Span<byte> digest, SetView set)
    {
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        for (var walk = set.Walk(new FieldList()); walk.MoveNext();) XorHash(digest, walk.Current.Text(text));
    }

    private static void AddScores(Span<byte> digest, SortedSetView set)
    {
        Span<byte> one = stackalloc byte[Bytes], text = stackalloc byte[DoubleText.LengthMax];
        for (var walk = set.From(0); walk.MoveNext();)
        {
            one.Clear();
            Mix(one, walk.Member.Text(text));
            Mix(one, text[..DoubleText.FormatShortest(walk.Score, text)]);
            XorHash(digest, one);
        }
    }

    private static void AddEntries(Span<byte> digest, StreamView stream)
    {
        Span<byte> text = stackalloc byte[StreamIdText.LengthMax];
        for (var entries = stream.All; entries.MoveNext();)
        {
            Mix(digest, text[..StreamIdText.Format(entries.Id, text, (byte)'.')]);
            for (var i = entries.FieldCount; i > 0; i--)
            {
                entries.ReadField(out var name, out var value);
                Mix(digest, name.Text(text));
                Mix(digest, value.Text(text));
            }
        }
    }

    private static void AddFields(Span<byte> digest, HashView hash)
    {
        Span<byte> one = stackalloc byte[Bytes], text = stackalloc byte[PackedElement.IntegerTextMax];
        var walk = hash.Walk(new FieldList(), isWithOver: true);
        while (walk.MoveNext())
        {
            var field = walk.Current;
            one.Clear();
            Mix(one, field.Name.Text(text));
            Mix(one, field.Value.Text(text));
            if (field.Expires) XorHash(one, "!!hexpire!!"u8);
            XorHash(digest, one);
        }
    }

    private static void Mix(Span<byte> digest, ReadOnlySpan<byte> data)
    {
        XorHash(digest, data);
        Sha1.Hash(digest, digest);
    }

    private static void XorHash(Span<byte> digest, ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Bytes];
        Sha1.Hash(data, hash);
        for (var i = 0; i < Bytes; i++) digest[i] ^= hash[i];
    }
}
