using System.Buffers;

namespace Carnelian;

/// <summary>Writes values as JSON.</summary>
internal readonly ref struct JsonWriter(LuaCall call, JsonOptions options, ChargedBuffer buffer, LuaUserData missing)
{
    /// <summary>Bounds the stack of the host, whatever the setting is.</summary>
    private const int NestingMax = 4000;

    /// <summary>Bytes that stand for themselves within a string.</summary>
    private static readonly SearchValues<byte> _escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(value => (byte)value), (byte)'"', (byte)'/', (byte)'\\', 127]);

    private readonly LuaCall _call = call;

    public void Add(in LuaValue value, int depth)
    {
        switch (value.Object)
        {
            case null:
                buffer.Add("null"u8);
                break;
            case LuaString text:
                AddText(text.Span);
                break;
            case Tag tag:
                if (tag == Tags.Number) AddNumber(value);
                else buffer.Add(tag == Tags.True ? "true"u8 : "false"u8);
                break;
            case LuaTable table:
                AddTable(table, depth + 1);
                break;
            default:
                if (value.Object != missing) throw Refuse(value, "type not supported");
                buffer.Add("null"u8);
                break;
        }
    }

    private LuaException Refuse(in LuaValue value, string reason) =>
        _call.Fail($"Cannot serialise {System.Text.Encoding.ASCII.GetString(value.TypeName)}: {reason}");

    private void AddText(ReadOnlySpan<byte> text)
    {
        buffer.Add((byte)'"');
        while (true)
        {
            var plain = text.IndexOfAny(_escaped);
            if (plain < 0) break;
            buffer.Add(text[..plain]);
            AddEscape(text[plain]);
            text = text[(plain + 1)..];
        }
        buffer.Add(text);
        buffer.Add((byte)'"');
    }

    private void AddEscape(byte letter)
    {
        buffer.Add((byte)'\\');
        var simple = letter switch
        {
            (byte)'\b' => (byte)'b',
            (byte)'\t' => (byte)'t',
            (byte)'\n' => (byte)'n',
            (byte)'\f' => (byte)'f',
            (byte)'\r' => (byte)'r',
            (byte)'"' or (byte)'\\' or (byte)'/' => letter,
            _ => (byte)0,
        };
        if (simple != 0)
        {
            buffer.Add(simple);
            return;
        }
        buffer.Add("u00"u8);
        buffer.Add("0123456789abcdef"u8[letter >> 4]);
        buffer.Add("0123456789abcdef"u8[letter & 15]);
    }

    private void AddNumber(in LuaValue value)
    {
        var number = value.Double;
        if (!double.IsFinite(number))
        {
            if (options.EncodesInvalid == InvalidNumbers.Refused) throw Refuse(value, "must not be NaN or Inf");
            if (options.EncodesInvalid == InvalidNumbers.Null || double.IsNaN(number))
            {
                buffer.Add(options.EncodesInvalid == InvalidNumbers.Null ? "null"u8 : "nan"u8);
                return;
            }
        }
        var to = buffer.Reserve(LuaNumber.LengthMax);
        buffer.Grow(options.Precision == 14 ? LuaNumber.Text(number, to).Length : CFormat.WriteGeneral(number, options.Precision, false, to));
    }

    private void AddTable(LuaTable table, int depth)
    {
        if (depth > options.EncodeDepthMax || depth > NestingMax) throw _call.Fail($"Cannot serialise, excessive nesting ({depth})");
        var length = ListLength(table);
        if (length > 0 || (length == 0 && options.ListMark is not null && table.Metatable == options.ListMark)) AddList(table, length, depth);
        else AddObject(table, depth);
    }

    /// <summary>The greatest key, if all keys are positive integers and not too few of them are there; -1 otherwise.</summary>
    private int ListLength(LuaTable table)
    {
        double max = 0;
        var count = 0;
        for (var place = _call.Machine.Next(table, 0, out var key, out _); place >= 0; place = _call.Machine.Next(table, place, out key, out _))
        {
            if (!key.TryGetNumber(out var number) || number < 1 || Math.Floor(number) != number) return -1;
            max = Math.Max(max, number);
            count++;
        }
        _call.Machine.Spend(count + 1);
        // An int of C holds it there.
        var length = double.ConvertToIntegerNative<int>(max);
        if (options.SparseRatio <= 0 || length <= (long)count * options.SparseRatio || length <= options.SparseSafe) return length;
        if (!options.ConvertsSparse) throw Refuse(table, "excessively sparse array");
        return -1;
    }

    private void AddList(LuaTable table, int length, int depth)
    {
        buffer.Add((byte)'[');
        for (var i = 1; i <= length; i++)
        {
            if (i > 1) buffer.Add((byte)',');
            _call.Machine.Spend(1);
            Add(table.GetInteger(i), depth);
        }
        buffer.Add((byte)']');
    }

    private void AddObject(LuaTable table, int depth)
    {
        buffer.Add((byte)'{');
        var isFirst = true;
        for (var place = _call.Machine.Next(table, 0, out var key, out var value); place >= 0; place = _call.Machine.Next(table, place, out key, out value))
        {
            if (!isFirst) buffer.Add((byte)',');
            isFirst = false;
            if (key.Object is LuaString text) AddText(text.Span);
            else if (key.IsNumber)
            {
                buffer.Add((byte)'"');
                AddNumber(key);
                buffer.Add((byte)'"');
            }
            else throw Refuse(key, "table key must be a number or string");
            buffer.Add((byte)':');
            Add(value, depth);
        }
        buffer.Add((byte)'}');
    }
}
