using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// A program from a seed: statements and expressions of all kinds over a few variables, wrong types included, within loops that end. It gathers values in a list
/// and returns that.
/// </summary>
internal sealed class RandomProgram
{
    private static readonly string[] _names = ["a", "b", "c", "d", "t", "u", "s", "f"];
    private static readonly string[] _binary = ["+", "-", "*", "/", "%", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or", "^"];
    private static readonly string[] _keys = ["x", "y", "z", "n", "key"];
    private static readonly string[] _patterns = [".", "%a+", "(%w)(%w)", "[a-c]", "^%s*", "%d*$", "()", ".-b", "a?b", "[^x]+", "%f[%w]", "%b()"];

    private readonly Random _random;
    private readonly StringBuilder _text = new();
    private int _depth;

    public RandomProgram(int seed)
    {
        _random = new(seed);
        _text.Append("local out = {} local function put(...) for i = 1, select('#', ...) do if #out < 60 then local v = select(i, ...) out[#out + 1] = v == nil and 'nil' or v end end end ");
        _text.Append("local a, b, c, d = 1, 2.5, 'abc', nil local t, u, s = {1, 2, 3, x = 1}, {}, 'hello world' local f = function(...) put(select('#', ...)) return ... end ");
        Block(6);
        _text.Append(" return out");
    }

    public string Text => _text.ToString();

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Pick(string[] choices) => choices[_random.Next(choices.Length)];

    private void Block(int count)
    {
        _depth++;
        for (var i = 0; i < count; i++)
        {
            _text.Append(' ');
            Statement();
        }
        _depth--;
    }

    private void Statement()
    {
        var isDeep = _depth > 4;
        switch (_random.Next(isDeep ? 8 : 16))
        {
            case 0 or 1: _text.Append($"{Pick(_names)} = {Expression()}"); break;
            case 2: _text.Append($"put({Expression()}, {Expression()})"); break;
            case 3: _text.Append($"t[{Expression()}] = {Expression()}"); break;
            case 4: _text.Append($"t.{Pick(_keys)}, u[{_random.Next(8)}] = {Expression()}, {Expression()}"); break;
            case 5: _text.Append($"local {Pick(_names)} = {Expression()}"); break;
            case 6: _text.Append($"put(pcall(function() {(Chance(50) ? "return " : "local _ = ")}{Expression()} end))"); break;
            case 7: _text.Append($"put(#t, #u)"); break;
            case 8: Nested($"if {Expression()} then", "end"); break;
            case 9:
                _text.Append($"if {Expression()} then");
                Block(2);
                Nested(" else", "end");
                break;
            case 10: Nested($"for i = {_random.Next(-2, 4)}, {_random.Next(0, 6)}{(Chance(30) ? ", 2" : "")} do local a = i", "end"); break;
            case 11: Nested($"for k, v in {(Chance(60) ? "pairs" : "ipairs")}({(Chance(80) ? "t" : Expression())}) do put(k)", "break end"); break;
            case 12: Nested("do local n = 0 while n < 3 do n = n + 1", "end end"); break;
            case 13: Nested($"local function g(x, ...) local b = ...", $"return {Expression()}, ... end put(pcall(g, {Expression()}, {Expression()}))"); break;
            case 14: Nested("local co = coroutine.wrap(function(a) put(coroutine.yield(a))", $"end) put(pcall(co, {Expression()})) put(pcall(co, {Expression()}))"); break;
            default: _text.Append($"u = setmetatable({{}}, {{__{Pick(["index", "add", "concat", "call", "eq", "lt", "le", "len", "unm", "newindex", "mod"])} = {(Chance(70) ? "function(p, q) return " + Expression() + " end" : Expression())}}})"); break;
        }
    }

    private void Nested(string head, string end)
    {
        _text.Append(head);
        Block(_random.Next(1, 4));
        _text.Append(' ').Append(end);
    }

    private string Expression()
    {
        if (++_depth > 8)
        {
            _depth--;
            return Leaf();
        }
        var text = _random.Next(14) switch
        {
            0 or 1 or 2 => Leaf(),
            3 or 4 => $"({Expression()} {Pick(_binary)} {Expression()})",
            5 => $"({Pick(["-", "not ", "#"])}{Expression()})",
            6 => $"{Pick(["t", "u"])}[{Expression()}]",
            7 => $"{Pick(_names)}.{Pick(_keys)}",
            8 => $"{{{Expression()}, {Expression()}, {Pick(_keys)} = {Expression()}}}",
            9 => $"f({Expression()}, {Expression()})",
            10 => $"function(x) return {Expression()} end",
            _ => Library(),
        };
        _depth--;
        return text;
    }

    private string Leaf() => _random.Next(9) switch
    {
        0 => _random.Next(-3, 12).ToString(System.Globalization.CultureInfo.InvariantCulture),
        1 => Pick(["0.5", "1e3", "-2", "3", "0", "1e15", "2^31", "0x1f"]),
        2 => Pick(["'abc'", "'10'", "'a(b)c'", "''", "' 5 '", "'x y z'"]),
        3 => Pick(["nil", "true", "false"]),
        _ => Pick(_names),
    };

    private string Library() => _random.Next(14) switch
    {
        0 => $"string.sub(s, {Expression()}, {Leaf()})",
        1 => $"string.find({Pick(["s", "c", "'a1 b2'"])}, '{Pick(_patterns)}')",
        2 => $"string.gsub(s, '{Pick(_patterns)}', {Pick(["'%0%0'", "'x'", "t", "'%1'", "function(m) put(m) end"])})",
        3 => $"tostring({Pick(["a", "b", "c", "d", "1e15", "0.1"])})",
        4 => $"tonumber({Expression()})",
        5 => $"select({Leaf()}, {Expression()}, {Expression()})",
        6 => $"math.floor({Expression()})",
        7 => $"type({Expression()})",
        8 => $"table.concat({{{Leaf()}, {Leaf()}}}, ',')",
        9 => $"string.format('{Pick(["%d", "%s", "%5.2f", "%x", "%q", "%g"])}', {Leaf()})",
        10 => "table.concat(t, ' ')",
        11 => $"unpack({{{Leaf()}, {Leaf()}}})",
        12 => $"rawequal({Expression()}, {Leaf()})",
        _ => $"string.rep({Leaf()}, 3)",
    };
}
