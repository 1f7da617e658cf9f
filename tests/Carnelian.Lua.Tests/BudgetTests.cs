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
    [MaxTime(20_000)]
    public void Compiling_takes_time_that_grows_with_the_text(string operand)
    {
        // A list of jumps that is walked for each of them takes a minute and more.
        Machines.Compile("local a, b return " + string.Concat(Enumerable.Repeat(operand, 300_000)) + "a");
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
