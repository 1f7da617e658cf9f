using System.Text;

namespace Carnelian.Tests;

/// <summary>Whatever a script is, it ends: with results or with an error of Lua, within its memory and its steps, and never with an exception of the host.</summary>
public class FuzzTests
{
    /// <summary>As many scripts are stopped after a thousand as after a million, so that the end meets every state.</summary>
    private const int StepsMax = 10_000_000;

    /// <summary>The constants of a chunk are its own, and counted only while the script holds one.</summary>
    private const int ConstantBytesMax = 4096;

    private sealed class Limit(int asks) : LuaHost
    {
        private int _asks = asks;

        public override void StepsSpent(LuaMachine machine)
        {
            if (--_asks < 0) throw machine.Abort("too long"u8);
        }
    }

    private static string[] Seeds { get; } =
    [
        .. new[] { "language", "errors", "libraries", "redis" }
            .SelectMany(file => File.ReadLines(SourceTree.PathOf($"tests/Carnelian.Lua.Tests/Recorded/{file}.txt"), Encoding.Latin1))
            .Where(line => line.Length > 0 && !line.StartsWith("--")),
    ];

    [Test]
    public void Mutated_and_random_scripts_end()
    {
        var first = TestSettings.Number("CARNELIAN_LUA_SEED", 1);
        TestSettings.RunAll("scripts", TestSettings.Number("CARNELIAN_LUA_FUZZ_SCRIPTS", 2000), number => Run(first * 10_000_019 + number));
    }

    private static void Run(int seed)
    {
        var random = new Random(seed);
        var text = random.Next(4) == 0 ? new RandomProgram(seed).Text : Seeds[random.Next(Seeds.Length)];
        if (random.Next(3) == 0) text += "\n" + Seeds[random.Next(Seeds.Length)];
        var source = Mutate(Encoding.Latin1.GetBytes(text), random);
        var steps = Math.Exp(random.NextDouble() * Math.Log(StepsMax));
        var stepsPerAsk = random.Next(1, 20_000);
        var memoryLimitBytes = 1L << random.Next(19, 25);
        var machine = Machines.Make(new Limit((int)steps / stepsPerAsk), memoryLimitBytes, stepsPerAsk);
        try
        {
            if (!LuaCompiler.TryCompile(source, LuaString.Of("@user_script"), out var prototype, out _)) return;
            machine.TryRun(machine.Load(prototype), [], null, out _, out _);
            Check.That(machine.Memory.CountedBytes <= memoryLimitBytes + ConstantBytesMax);
            machine.Clear();
            Check.That(machine.Memory.Measure() <= memoryLimitBytes + ConstantBytesMax);
        }
        catch (Exception exception)
        {
            throw new AssertionException($"seed {seed}: {exception}\n{Encoding.Latin1.GetString(source)}");
        }
    }

    private static byte[] Mutate(byte[] text, Random random)
    {
        var bytes = text.ToList();
        for (var i = random.Next(4); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0: bytes.RemoveRange(at, length); break;
                case 1: bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length)); break;
                case 2: bytes[at] = (byte)random.Next(256); break;
                case 3: bytes.InsertRange(at, Encoding.Latin1.GetBytes(Words[random.Next(Words.Length)])); break;
                case 4: bytes.InsertRange(at, Enumerable.Repeat(bytes[at], random.Next(300))); break;
                default: bytes[at] = (byte)"0123456789()[]{}+-*/%.,:;='\""[random.Next(28)]; break;
            }
        }
        return [.. bytes];
    }

    private static string[] Words { get; } =
    [
        " end ", " do ", " then ", " function() ", " return ", " local x = ", " nil ", " ... ", "1e308", "-1", "0", "2147483647", "-2147483648", "2^53", "0/0", "1/0", "{}", "''",
        " for i = 1, 100 do ", " while true do ", " repeat ", " until ", "setmetatable({}, {__index = function(t, k) return t[k] end})", "string.rep('x', 1e6)",
        "coroutine.wrap(function() ", "coroutine.yield()", "pcall(", "error(", "unpack({}, 1, 7000)", "select('#', ", "loadstring(", "string.rep('(', 300)", "getfenv()", "setfenv(1, {})",
        "collectgarbage()", "newproxy(true)", "table.sort(", "string.format('%99.99f', 1e308)", "cjson.decode(", "cmsgpack.unpack(", "struct.unpack(", "bit.lshift(", "tostring(",
    ];

    [TestCase("(", ")")]
    [TestCase("{", "}")]
    [TestCase("do ", "end ")]
    [TestCase("function() return ", " end")]
    [TestCase("if x then ", " end")]
    [TestCase("not ", "")]
    [TestCase("-", "1")]
    [TestCase("a[", "]")]
    [TestCase("a.", "")]
    [TestCase("f(", ")")]
    [TestCase("1 .. ", "")]
    [TestCase("2^", "")]
    [TestCase("[", "]")]
    public void Deep_nesting_ends(string open, string close)
    {
        var machine = Machines.Make();
        foreach (var depth in new[] { 10, 190, 250, 5000, 200_000 })
            foreach (var head in new[] { "return ", "", "x = " })
                machine.Run(head + string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth)));
    }

    [TestCase("local t = {} for i = 1, N do t = {t} end return #cjson.encode(t)", "excessive nesting (1001)")]
    [TestCase("return cjson.decode(string.rep('[', N) .. string.rep(']', N))", "too many nested data structures (1001)")]
    [TestCase("return cjson.decode(string.rep('{\"a\":', N) .. '1' .. string.rep('}', N))", "too many nested data structures (1001)")]
    [TestCase("cjson.decode_max_depth(1e9) cjson.encode_max_depth(1e9) return cjson.encode(cjson.decode(string.rep('[', N) .. string.rep(']', N)))", "too many nested data structures (4000)")]
    [TestCase("return cmsgpack.unpack(string.rep('\\145', N) .. '\\1')", "stack overflow")]
    [TestCase("return cmsgpack.unpack(string.rep('\\129\\161a', N) .. '\\1')", "stack overflow")]
    [TestCase("return string.find(string.rep('a', N), string.rep('a?', N))", "pattern too complex")]
    [TestCase("return string.find(string.rep('a', N), string.rep('(a', 30) .. string.rep(')', 30) .. string.rep('.-', N))", "pattern too complex")]
    [TestCase("local t = setmetatable({}, {}) for i = 1, N do t = setmetatable({}, {__index = t}) end return t.x", "loop in gettable")]
    [TestCase("local f = function() return 1 end for i = 1, N do local g = f f = function() return g() + 1 end end return f()", "stack overflow")]
    [TestCase("local t = setmetatable({}, {__tostring = tostring}) getmetatable(t).__tostring = function(x) return tostring(x) end return tostring(t)", "C stack overflow")]
    [TestCase("local t = {} for i = 1, N do t = setmetatable({}, {__call = t}) end return t()", "attempt to call local 't'")]
    [TestCase("local mt = {} mt.__concat = function(a, b) return a .. b end return setmetatable({}, mt) .. 'x'", "C stack overflow")]
    [TestCase("local mt = {} mt.__eq = function(a, b) return a == b end return setmetatable({}, mt) == setmetatable({}, mt)", "C stack overflow")]
    [TestCase("local mt = {} mt.__lt = function(a, b) return a < b end return setmetatable({}, mt) < setmetatable({}, mt)", "C stack overflow")]
    [TestCase("local function f() return coroutine.wrap(f)() end return f()", "C stack overflow")]
    [TestCase("local function f() return pcall(f) end return f()", "C stack overflow")]
    [TestCase("local function f() return xpcall(f, f) end return f()", "false, true")]
    [TestCase("local function f(x) return (string.gsub('a', 'a', f)) end return f()", "C stack overflow")]
    [TestCase("local function f(x) table.sort({1, 2, 3}, f) end return f()", "C stack overflow")]
    public void Deep_recursion_ends_in_an_error(string source, string error) => Assert.That(Deep(source), Does.Contain(error));

    [TestCase("local t = {} for i = 1, N do t = {t} end return #cmsgpack.pack(t)", "17")]
    [TestCase("return string.match(string.rep('(', N) .. string.rep(')', N), '%b()') ~= nil", "true")]
    [TestCase("local f = function() return 1 end for i = 1, N do local g = f f = function() return g() end end return f()", "1")]
    [TestCase("local s = 'return 1' for i = 1, 50 do s = 'return loadstring(' .. string.format('%q', s) .. ')()' if #s > 1e6 then break end end return loadstring(s)()", "1")]
    [TestCase("return string.rep('x', N):gsub('x', string.rep('y', 100)):len()", "20000000")]
    public void What_is_no_recursion_has_no_depth(string source, string result) => Assert.That(Deep(source), Is.EqualTo(result));

    private static string Deep(string source)
    {
        var result = "";
        foreach (var depth in new[] { 100, 1000, 20_000, 200_000 })
            result = Machines.Make(memoryLimitBytes: 128 << 20).Run(source.Replace("N", depth.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return result;
    }
}
