using System.Globalization;
using System.Numerics;

namespace Carnelian.Tests;

/// <summary>Random bit commands on a checked server, beside a model that has a list of bits per key and does everything bit by bit.</summary>
internal sealed class BitModelTests
{
    private static readonly string[] _operators = ["AND", "OR", "XOR", "NOT", "DIFF", "DIFF1", "ANDOR", "ONE"];

    /// <summary>Bytes at which values change their place: within the entry, outside, held by a snapshot, in pages of their own.</summary>
    private static readonly int[] _lengths = [0, 1, 2, 7, 8, 9, 63, 64, 65, 500, 1023, 1024, 1025, 2000, 5000, 20_000, 70_000, 300_000];

    private readonly Dictionary<string, byte[]> _model = [];
    private Random _chance = null!;
    private SimulatedServer _server = null!;

    [TestCase(1), TestCase(2), TestCase(3), TestCase(4)]
    public void Every_reply_and_value_is_what_single_bits_make_of_it(int seed)
    {
        _chance = new(seed);
        _model.Clear();
        using (_server = new SimulatedServer())
        {
            for (var i = 0; i < 1500; i++)
            {
                var changed = Act();
                if (changed is null) continue;
                var value = _server.Client.RunValue("GET", changed);
                var expected = _model.GetValueOrDefault(changed);
                if (value.Kind == RespKind.Null ? expected is not null : !value.Bytes.AsSpan().SequenceEqual(expected)) Assert.Fail($"step {i}: another value of {changed}");
            }
        }
    }

    private string Key() => $"k{_chance.Next(6)}";

    /// <summary>Runs a command on both; the key that it may have changed.</summary>
    private string? Act() => _chance.Next(12) switch
    {
        0 => SetValue(Key()),
        < 3 => SetBit(Key()),
        3 => GetBit(Key()),
        < 6 => Count(Key()),
        < 8 => Position(Key()),
        < 10 => Combine(),
        _ => Fields(Key()),
    };

    private void Expect(string reply, params string[] request) =>
        Assert.That(_server.Run(request), Is.EqualTo(reply), () => string.Join(' ', request) + " on " + _model.GetValueOrDefault(request[1])?.Length + " bytes");

    private byte[] ValueOf(string key) => _model.GetValueOrDefault(key, []);

    private static bool Bit(byte[] value, long at) => at < 8L * value.Length && (value[at / 8] >> (int)(7 - at % 8) & 1) != 0;

    private static void Put(byte[] value, long at, bool bit) =>
        value[at / 8] = (byte)(value[at / 8] & ~(0x80 >> (int)(at % 8)) | (bit ? 0x80 >> (int)(at % 8) : 0));

    private string? SetValue(string key)
    {
        var value = new byte[_lengths[_chance.Next(_chance.Next(8) == 0 ? _lengths.Length : 13)]];
        if (_chance.Next(3) != 0) _chance.NextBytes(value);
        else Array.Fill(value, _chance.Next(2) == 0 ? (byte)0 : (byte)0xff);
        _server.Client.SendRaw(TestClient.Request("SET"u8.ToArray(), System.Text.Encoding.ASCII.GetBytes(key), value));
        Assert.That(_server.Client.Read(), Is.EqualTo("+OK"));
        _model[key] = value;
        return key;
    }

    /// <summary>The value made long enough for a bit, in the model.</summary>
    private byte[] Stretched(string key, long lastBit)
    {
        var value = ValueOf(key);
        if (lastBit / 8 >= value.Length) Array.Resize(ref value, (int)(lastBit / 8) + 1);
        return _model[key] = value;
    }

    private long SomeBit(string key) => _chance.NextInt64(8L * ValueOf(key).Length + (_chance.Next(4) == 0 ? 3000 : 10));

    private string? SetBit(string key)
    {
        var (at, bit) = (SomeBit(key), _chance.Next(2));
        Expect(Bit(ValueOf(key), at) ? ":1" : ":0", "SETBIT", key, $"{at}", $"{bit}");
        Put(Stretched(key, at), at, bit == 1);
        return key;
    }

    private string? GetBit(string key)
    {
        var at = SomeBit(key);
        Expect(Bit(ValueOf(key), at) ? ":1" : ":0", "GETBIT", key, $"{at}");
        return null;
    }

    /// <summary>A range from either end or beyond it, what it means in bits, and the words for it.</summary>
    private (List<string> Words, long First, long Last) Range(byte[] value)
    {
        var inBits = _chance.Next(2) == 0;
        var length = inBits ? 8L * value.Length : value.Length;
        var (start, end) = (_chance.NextInt64(length + 3) - (_chance.Next(2) == 0 ? length : 0), _chance.NextInt64(length + 3) - (_chance.Next(2) == 0 ? length : 0));
        List<string> words = [$"{start}", $"{end}"];
        if (inBits || _chance.Next(2) == 0) words.Add(inBits ? "BIT" : "BYTE");
        var (first, last) = (start < 0 ? start + length : start, Math.Min(end < 0 ? end + length : end, length - 1));
        return inBits ? (words, first, last) : (words, 8 * first, 8 * last + 7);
    }

    private string? Count(string key)
    {
        var value = ValueOf(key);
        var (words, first, last) = Range(value);
        var count = 0L;
        for (var i = first; i <= last; i++) count += Bit(value, i) ? 1 : 0;
        Expect($":{count}", ["BITCOUNT", key, .. words]);
        Expect($":{value.Sum(b => BitOperations.PopCount(b))}", "BITCOUNT", key);
        return null;
    }

    private string? Position(string key)
    {
        var value = ValueOf(key);
        var bit = _chance.Next(2) == 1;
        var (words, first, last) = Range(value);
        long found = -1;
        for (var i = first; i <= last && found < 0; i++) found = Bit(value, i) == bit ? i : -1;
        if (!_model.ContainsKey(key)) found = bit ? -1 : 0;
        Expect($":{found}", ["BITPOS", key, bit ? "1" : "0", .. words]);
        found = -1;
        for (var i = 0L; i < 8L * value.Length && found < 0; i++) found = Bit(value, i) == bit ? i : -1;
        if (found < 0 && !bit && (value.Length > 0 || !_model.ContainsKey(key))) found = 8L * value.Length;
        Expect($":{found}", "BITPOS", key, bit ? "1" : "0");
        return null;
    }

    private string? Combine()
    {
        var operation = _operators[_chance.Next(_operators.Length)];
        var sources = new string[operation == "NOT" ? 1 : _chance.Next(2, 5)];
        for (var i = 0; i < sources.Length; i++) sources[i] = Key();
        var to = _chance.Next(2) == 0 ? sources[_chance.Next(sources.Length)] : Key();
        var values = Array.ConvertAll(sources, ValueOf);
        var result = new byte[values.Max(value => value.Length)];
        for (var i = 0; i < result.Length; i++) result[i] = Combine(operation, Array.ConvertAll(values, value => i < value.Length ? value[i] : (byte)0));
        Expect($":{result.Length}", ["BITOP", operation, to, .. sources]);
        if (result.Length > 0) _model[to] = result;
        else _model.Remove(to);
        return to;
    }

    private static byte Combine(string operation, byte[] bytes)
    {
        var result = 0;
        for (var bit = 0; bit < 8; bit++)
        {
            var first = (bytes[0] >> bit & 1) != 0;
            var set = bytes.Count(b => (b >> bit & 1) != 0);
            var others = set - (first ? 1 : 0) > 0;
            var isSet = operation switch
            {
                "AND" => set == bytes.Length,
                "OR" => set > 0,
                "XOR" => set % 2 == 1,
                "NOT" => !first,
                "DIFF" => first && !others,
                "DIFF1" => !first && others,
                "ANDOR" => first && others,
                _ => set == 1,
            };
            if (isSet) result |= 1 << bit;
        }
        return (byte)result;
    }

    /// <summary>One BITFIELD of several operations.</summary>
    private string? Fields(string key)
    {
        var fields = Enumerable.Range(0, _chance.Next(1, 5)).Select(_ => Field.Make(_chance, SomeBit(key))).ToArray();
        var written = fields.Where(field => field.Kind != "GET").ToArray();
        if (written.Length > 0) Stretched(key, written.Max(field => field.Offset + field.Bits - 1));
        var replies = Array.ConvertAll(fields, field => field.Apply(ValueOf(key)));
        Expect($"[{string.Join(", ", replies)}]", ["BITFIELD", key, .. fields.SelectMany(field => field.Words)]);
        return key;
    }

    private sealed record Field(string Kind, bool IsSigned, int Bits, long Offset, string Overflow, long Operand)
    {
        public static Field Make(Random chance, long near)
        {
            var isSigned = chance.Next(2) == 0;
            var bits = chance.Next(1, isSigned ? 65 : 64);
            // Of what is far out of a field's range Redis makes something of its own: the scenarios have that.
            var operand = chance.NextInt64(-(1L << (bits - 1)), 1L << Math.Min(62, bits - 1));
            if (!isSigned) operand = Math.Abs(operand / 2);
            return new(new[] { "GET", "SET", "INCRBY" }[chance.Next(3)], isSigned, bits, near, new[] { "WRAP", "SAT", "FAIL" }[chance.Next(3)], operand);
        }

        public string[] Words =>
            ["OVERFLOW", Overflow, Kind, $"{(IsSigned ? 'i' : 'u')}{Bits}", $"{Offset}", .. (Kind == "GET" ? Array.Empty<string>() : [$"{Operand}"])];

        public string Apply(byte[] value)
        {
            BigInteger old = 0;
            for (var i = 0; i < Bits; i++) old = 2 * old + (Bit(value, Offset + i) ? 1 : 0);
            var range = BigInteger.Pow(2, Bits);
            if (IsSigned && old >= range / 2) old -= range;
            if (Kind == "GET") return Show(old);
            var (min, max) = IsSigned ? (-range / 2, range / 2 - 1) : (0, range - 1);
            var updated = Kind == "SET" ? Operand : old + Operand;
            if (updated < min || updated > max)
            {
                if (Overflow == "FAIL") return "nil";
                if (Overflow == "SAT") updated = updated < min ? min : max;
                else updated = ((updated - min) % range + range) % range + min;
            }
            for (var i = 0; i < Bits; i++) Put(value, Offset + i, (((updated % range + range) % range) >> (Bits - 1 - i)).IsEven == false);
            return Show(Kind == "SET" ? old : updated);
        }

        private static string Show(BigInteger number) => ":" + number.ToString(CultureInfo.InvariantCulture);
    }
}
