namespace Carnelian.Tests;

/// <summary>A script that takes long: the host is asked, and what it throws no script catches.</summary>
public class BudgetTests
{
    /// <summary>Ends a script when it has been asked so many times.</summary>
    private sealed class Patience(int asks) : LuaHost
    {
        public int Asked { get; private set; }

        public string Where { get; private set; } = "";

        public override void StepsSpent(LuaMachine machine)
        {
            if (++Asked < asks) return;
            Where = System.Text.Encoding.ASCII.GetString(machine.Where(0));
            throw machine.Abort("Script killed"u8);
        }
    }

    [TestCase("while true do end")]
    [TestCase("repeat until false")]
    [TestCase("for i = 1, 1e18 do end")]
    [TestCase("local function f() return f() end f()")]
    [TestCase("local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(1000)")]
    [TestCase("while true do pcall(function() while true do end end) end")]
    [TestCase("while true do pcall(error) end")]
    [TestCase("while true do xpcall(function() while true do end end, function() end) end")]
    [TestCase("while true do coroutine.wrap(function() while true do end end)() end")]
    [TestCase("while true do pcall(coroutine.wrap(function() while true do end end)) end")]
    [TestCase("while true do local s = string.rep('x', 100000) end")]
    [TestCase("while true do table.concat({1, 2, 3}, string.rep('x', 1000)) end")]
    [TestCase("local t = {} for i = 1, 1000 do t[i] = i % 7 end while true do table.sort(t) end")]
    [TestCase("string.find(string.rep('a', 30000), '.-.-.-b')")]
    [TestCase("string.match(string.rep('a', 1000), string.rep('a?', 200) .. string.rep('a', 990) .. 'b')")]
    [TestCase("string.gsub(string.rep('a', 200000), '.-b', '')")]
    [TestCase("local s = string.rep('a', 1000000) for i = 1, 100 do s:find('%d') end")]
    [TestCase("local s = string.rep('a', 1000000) for i = 1, 100 do s:match('(b)c') end")]
    [TestCase("for k in next, {} do end while true do for k, v in pairs({1, 2, 3}) do end end")]
    [TestCase("local t = {} for i = 1, 100 do t[i] = {i} end while true do cjson.encode(t) end")]
    [TestCase("local s = cjson.encode({1, 2, {a = 3}}) while true do cjson.decode(s) end")]
    [TestCase("while true do cmsgpack.unpack(cmsgpack.pack({1, 2, 3})) end")]
    [TestCase("while true do loadstring('return 1') end")]
    [TestCase("local t = setmetatable({}, {__index = function() while true do end end}) return t.x")]
    [TestCase("local t = setmetatable({}, {__index = function(t, k) if k < 2 then return k end return t[k - 1] + t[k - 2] end}) return t[60]")]
    [TestCase("local t = {} for i = 1, 1e5 do t[i] = 1 end while true do table.sort(t, function(a, b) return false end) end")]
    [TestCase("local f = loadstring('local a ' .. string.rep('a=1 ', 100000), '@user_script') while true do f() end")]
    [TestCase("local a, b = string.rep('x', 1e7), string.rep('x', 1e7) while a == b and a <= b do end")]
    [TestCase("while true do collectgarbage() end")]
    [TestCase("local function f(...) return f(1, ...) end f()")]
    [TestCase("while true do string.format('%s %d', 'x', 1) end")]
    [TestCase("local t = {} for i = 1, 10000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end")]
    public void A_script_without_end_is_ended(string source)
    {
        var host = new Patience(20);
        var machine = Machines.Make(host, stepsPerAsk: 10_000);
        Assert.That(machine.Run(source), Does.StartWith("error: user_script:").And.EndWith("Script killed"));
        Assert.That(host.Asked, Is.EqualTo(20));
        Assert.That(machine.Run("return 1 + 1"), Is.EqualTo("2"), "the machine goes on");
    }

    /// <summary>A step is some nanoseconds, whatever it does: a call with much behind it is many of them.</summary>
    [TestCase("for i = 1, 10000 do t[i] = 1 end for i = 1, 10000 do t[i] = nil end", "next(t)", 1000)]
    [TestCase("for i = 1, 10000 do t[i] = 1 end for i = 1, 10000 do t[i] = nil end", "table.foreach(t, print)", 1000)]
    [TestCase("for i = 1, 10000 do t[i] = 1 end", "table.maxn(t)", 1000)]
    [TestCase("", "table.insert(t, -1000, 1)", 1000)]
    [TestCase("s = string.rep('x', 1e6)", "s:sub(2)", 50)]
    [TestCase("s = string.rep('x', 1e6)", "s:match('.*')", 50)]
    [TestCase("s = string.rep('x', 1e4)", "s:match('(.*)%1b')", 10)]
    [TestCase("s = '\"' .. string.rep('x', 1e6) .. '\"'", "cjson.decode(s)", 50)]
    [TestCase("s = cmsgpack.pack(string.rep('x', 1e6))", "cmsgpack.unpack(s)", 50)]
    [TestCase("s = struct.pack('s', string.rep('x', 1e6))", "struct.unpack('s', s)", 50)]
    [TestCase("s = string.rep('x', 1e6)", "pcall(error, s, 2)", 50)]
    [TestCase("local m = {__lt = rawequal} for i = 1, 1000 do t[i] = setmetatable({}, m) end", "table.sort(t)", 100)]
    [TestCase("for i = 1, 1e4 do t[i] = i end", "collectgarbage()", 200)]
    [TestCase("for i = 1, 2000 do t[i] = i end function f(k) if k == 0 then return unpack(t) end return 1, f(k - 1) end", "f(1000)", 3)]
    [TestCase("for i = 1, 2000 do t[i] = i end function f(...) return select(2, ...) end", "f(unpack(t))", 1000)]
    [TestCase("for i = 1, 8192 do t[i + 0.5] = 1 end i = 1", "t[i + 0.5] = nil t[i + 8192.5] = 1 i = i + 1", 1000)]
    [TestCase("for i = 1, 33 do t['a' .. i] = 1 end for i = 1, 16384 do t[i] = 1 end local h = 16385 while h <= 2147483647 do t[h] = 1 h = h * 2 end", "local n = #t", 100)]
    [TestCase("f = struct.unpack for i = 1, 300 do t[f('>d', struct.pack('>I4I4', 0x40000000 + i, 0x7fffffff - i))] = 1 end q = f('>d', struct.pack('>I4I4', 0x50000000, 0x6fffffff))", "local n = t[q]", 1000)]
    [TestCase("for i = 1, 10000 do t[i] = 1 end for i = 1, 10000 do t[i] = nil end", "cmsgpack.pack(t)", 1000)]
    [TestCase("for i = 1, 10000 do t[i] = 1 end for i = 1, 10000 do t[i] = nil end", "cjson.encode(t)", 1000)]
    [TestCase("a = string.rep('x', 1e6) b = string.rep('x', 1e6)", "rawequal(a, b)", 50)]
    [TestCase("a = string.rep('x', 1e6) b = string.rep('x', 1e6) t[a] = 1", "local n = t[b]", 50)]
    [TestCase("a = string.rep('1', 1e6)", "local n = a + 1", 50)]
    [TestCase("a = string.rep('0', 1e6) .. '1'", "for i = a, a do end", 50)]
    [TestCase("it = string.gmatch('', string.rep('b', 1e6))", "it()", 50)]
    [TestCase("a = string.rep(' ', 1e6)", "tonumber(a)", 100)]
    [TestCase("a = string.rep(' ', 1e6)", "struct.size(a)", 100)]
    [TestCase("a = string.rep(' ', 1e6)", "pcall(cjson.decode, a)", 100)]
    [TestCase("a = string.rep('x', 1e6)", "string.find('', a)", 100)]
    [TestCase("a = string.rep('ab', 5000) b = string.rep('ab', 100) .. 'aa' .. string.rep('ab', 100)", "string.find(a, b, 1, true)", 50)]
    [TestCase("a = string.rep('b', 1000) b = '[' .. string.rep('a', 1000) .. ']'", "string.find(a, b)", 1000)]
    [TestCase("a = string.rep('b', 100) b = string.rep('[' .. string.rep('ab', 1000) .. ']', 2)", "string.find(a, b)", 400)]
    [TestCase("s = 'return ' .. string.rep('a and ', 10000) .. 'a'", "loadstring(s)", 25)]
    public void What_a_call_does_counts(string before, string call, int roundsMax)
    {
        var host = new Patience(20);
        var machine = Machines.Make(host, stepsPerAsk: 10_000);
        Assert.That(machine.Run($"n, t = 0, {{}} {before} while true do n = n + 1 {call} end"), Does.EndWith("Script killed"));
        Assert.That(int.Parse(machine.Run("return n"), System.Globalization.CultureInfo.InvariantCulture), Is.InRange(1, roundsMax));
    }

    [TestCase("a and ")]
    [TestCase("a or ")]
    [TestCase("a == 1 or ")]
    [TestCase("(a or b) and ")]
    [TestCase("return a", "if a then ", "elseif a then while b do end ", " end")]
    [TestCase("", "LOCALS", "zz() ", "ENDS")]
    [MaxTime(20_000)]
    public void Compiling_takes_time_that_grows_with_the_text(string operand, string? begin = null, string? middle = null, string? end = null)
    {
        // Lists of jumps that are walked for each of them, and names that are sought among all variables, take a minute and more.
        begin = begin == "LOCALS" ? string.Concat(Enumerable.Range(0, 90).Select(level => "return function() local " + string.Join(',', Enumerable.Range(0, 199).Select(i => $"v{level}_{i}")) + " ")) : begin;
        end = end == "ENDS" ? string.Concat(Enumerable.Repeat(" end", 90)) : end;
        const int count = 200_000;
        Machines.Compile(middle is null
            ? "local a, b return " + string.Concat(Enumerable.Repeat(operand, count)) + "a"
            : begin + string.Concat(Enumerable.Repeat(middle, count)) + end);
    }

    [TestCase("x = a == b ")]
    [TestCase("x = a < b ")]
    [TestCase("x = a == c ")]
    [TestCase("x = n + 1 ")]
    [TestCase("x = t[b] ")]
    [TestCase("x = {...} ")]
    public void Code_without_loops_and_calls_is_ended(string statement)
    {
        Assert.That(Machines.Make(new Patience(20), stepsPerAsk: 10_000).Run($$"""
            local a, b, n, t = string.rep('x', 1e5), string.rep('x', 1e5), string.rep('1', 1e5), {[string.rep('x', 1e5)] = 1}
            local many = {} for i = 1, 5000 do many[i] = i end
            return loadstring('local a, b, n, t, c = "' .. a .. '", {{(statement.Contains("...") ? "nil, nil, nil" : "select(2, ...)")}} local x ' .. string.rep('{{statement}}', 20000), '@user_script')({{(statement.Contains("...") ? "unpack(many)" : "a, b, n, t, b")}})
            """), Does.EndWith("Script killed"));
    }

    /// <summary>.NET's hashes of these numbers are all the same.</summary>
    [Test, MaxTime(20_000)]
    public void Constants_that_were_made_to_collide_are_compiled_like_others()
    {
        var numbers = Enumerable.Range(0, 120_000).Select(i => BitConverter.UInt64BitsToDouble(((ulong)(0x40000000 + i) << 32) | ((uint)(0x40000000 + i) ^ 0x12345678u)));
        Machines.Compile("local x " + string.Concat(numbers.Select(number => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"x={number:r} "))));
    }

    [TestCase("x = function() end ", false)]
    [TestCase("x = 1", true)]
    public void So_many_constants_and_functions_a_function_may_have(string statement, bool isNumbered)
    {
        string Text(int count) => "local x " + string.Concat(Enumerable.Range(0, count).Select(i => isNumbered ? $"{statement}{i} " : statement));
        Machines.Compile(Text(262_143));
        Assert.That(LuaCompiler.TryCompile(System.Text.Encoding.ASCII.GetBytes(Text(262_144)), LuaString.Of("@user_script"), out _, out var error), Is.False);
        Assert.That(error!.ToString(), Is.EqualTo("constant table overflow"));
    }

    [TestCase("string.find(string.rep('b', 1e6), '[' .. string.rep('a', 1e6) .. ']')")]
    [TestCase("string.find(string.rep('b', 1e6), '%f[' .. string.rep('a', 1e6) .. ']')")]
    [TestCase("string.find(string.rep('ab', 1e6), string.rep('ab', 2e5) .. 'aa' .. string.rep('ab', 2e5), 1, true)")]
    [MaxTime(20_000)]
    public void One_call_ends_or_is_ended(string call)
    {
        Assert.That(Machines.Make(new Patience(2000), stepsPerAsk: 100_000).Run("return " + call), Is.EqualTo("nil").Or.EndWith("Script killed"));
    }

    /// <summary>Keys of one hash, so that moving them to more places looks up on the way.</summary>
    [Test]
    public void A_table_that_grows_when_a_script_is_ended_is_whole()
    {
        for (var asks = 1; asks < 60; asks++)
        {
            var machine = Machines.Make(new Patience(asks), stepsPerAsk: 10_000);
            machine.Run("t, n = {}, 0 while true do n = n + 1 t[struct.unpack('<d', struct.pack('<I4I4', n, 0x40000000 - n))] = n end");
            var found = machine.Run("local found = 0 for k, v in next, t do if t[k] == v then found = found + 1 end end return n - found");
            Assert.That(found, Is.EqualTo("0").Or.EqualTo("1").Or.EndWith("Script killed"), $"{asks}");
        }
    }

    [Test]
    public void A_host_that_goes_on_disturbs_nothing()
    {
        var host = new Patience(int.MaxValue);
        Assert.That(Machines.Make(host, stepsPerAsk: 1).Run("local s = 0 for i = 1, 1000 do s = s + i end return s, table.concat({1, 2, 3}, ',')"), Is.EqualTo("500500, 1,2,3"));
        Assert.That(host.Asked, Is.GreaterThan(1000));
    }

    [Test]
    public void A_loop_of_a_million_rounds_asks_as_often_as_its_instructions_say()
    {
        var host = new Patience(int.MaxValue);
        Machines.Make(host, stepsPerAsk: 100_000).Run("local s = 0 for i = 1, 1000000 do s = s + i end");
        Assert.That(host.Asked, Is.InRange(10, 40));
    }
}
