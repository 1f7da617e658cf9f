namespace Carnelian.Tests;

/// <summary>Counted, bounded memory.</summary>
public class MemoryTests
{
    private const long LimitBytes = 8 << 20;

    [TestCase("local t = {} while true do t[#t + 1] = {} end")]
    [TestCase("local t = {} for i = 1, 1e9 do t[i] = i end")]
    [TestCase("local t = {} for i = 1, 1e9 do t['k' .. i] = i end")]
    [TestCase("local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000) .. i end")]
    [TestCase("local s = 'x' while true do s = s .. s end")]
    [TestCase("load(function() return ' ' end)")]
    [TestCase("local s = string.rep(' ', 1e6) load(function() return s end)")]
    [TestCase("string.rep('x', 1e9)")]
    [TestCase("string.rep(string.rep('x', 1e5), 1e6)")]
    [TestCase("local t = {} for i = 1, 1000 do t[i] = string.rep('x', 5000) end table.concat(t)")]
    [TestCase("local f = function() end while true do local g = f f = function() return g end end")]
    [TestCase("local t = {} while true do t[#t + 1] = coroutine.create(function() end) end")]
    [TestCase("string.gsub(string.rep('x', 1e6), 'x', string.rep('y', 1000))")]
    [TestCase("string.format(string.rep('%s', 100), unpack((function() local t = {} for i = 1, 100 do t[i] = string.rep('x', 1e6) end return t end)()))")]
    [TestCase("local t = {} for i = 1, 1e6 do t[i] = string.rep('x', 100) end cjson.encode(t)")]
    [TestCase("cjson.decode('[' .. string.rep('{},', 1e6) .. '1]')")]
    [TestCase("cmsgpack.unpack('\\221\\255\\255\\255\\255' .. string.rep('\\144', 1e6))")]
    [TestCase("local t = {} while true do t = {next = t} end")]
    [TestCase("local t = {} while true do t[#t + 1] = newproxy(true) end")]
    [TestCase("loadstring('return {' .. string.rep('1,', 4e6) .. '}')()")]
    [TestCase("local co = coroutine.wrap(function() local function f() return 1 + f() end f() end) local t = {} while true do t[#t + 1] = coroutine.wrap(function(x) local a, b, c = 1, 2, 3 coroutine.yield() end) t[#t]() end")]
    [TestCase("local t = {} for i = 1, 200 do local s = string.rep('x', 1e5) .. i t[i] = coroutine.wrap(function(x, y) coroutine.yield(function() return x end) end)(i, s) end")]
    [TestCase("local t = {} for i = 1, 200 do t[i] = loadstring(\"return '\" .. string.rep('x', 1e5) .. i .. \"'\") end")]
    [TestCase("local t = {} for i = 1, 200 do t[i] = loadstring('return function() return \"' .. string.rep('x', 1e5) .. i .. '\" end', '')() end")]
    [TestCase("local t = {} for i = 1, 200 do t[i] = loadstring('local ' .. string.rep('x', 1e5) .. i, '') end")]
    [TestCase("local t = {} for i = 1, 200 do t[i] = loadstring('', string.rep('x', 1e5) .. i) end")]
    [TestCase("('x'):rep(3e6):reverse():upper():lower():rep(3)")]
    public void A_script_that_allocates_without_end_is_ended(string source)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        Assert.That(machine.Run(source), Is.EqualTo("error: not enough memory"));
        machine.Clear();
        Assert.That(machine.Memory.Measure(), Is.LessThan(200_000), "nothing is left of it");
        Assert.That(machine.Run("return #string.rep('x', 100000)"), Is.EqualTo("100000"), "there is room again");
    }

    [TestCase("")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = {i} end")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = {[i] = i} end")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = {} keep[i][1] = i end")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = 'some text ' .. i end")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = {} keep[i].x = i keep[i].y = i keep[i].z = i keep[i][1] = i end")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = function() return i end end")]
    [TestCase("keep = {} for i = 1, 1e3 do keep[i] = coroutine.create(function() end) end")]
    [TestCase("keep = {} for i = 1, 1e4 do keep[i] = newproxy() end")]
    [TestCase("keep = {} for i = 1, 1e3 do keep[i] = loadstring('local a = ' .. i .. ' return function() return a, \\'text\\' end') end")]
    [TestCase("keep = {} for i = 1, 1e3 do keep[i] = loadstring('local a = ' .. i .. ' return function() return a, \\'text\\' end')() end")]
    [TestCase("keep = {} for i = 1, 1e3 do keep[i] = loadstring('for i = 1, 2 do for k, v in pairs({}) do end end') end")]
    public void What_lives_was_counted_when_it_was_made(string source)
    {
        var machine = Machines.Make();
        machine.Run(source);
        var counted = machine.Memory.CountedBytes;
        Assert.That(machine.Memory.Measure(), Is.LessThanOrEqualTo(counted));
    }

    [Test]
    public void A_constructor_makes_room_for_all_its_items_at_once()
    {
        var machine = Machines.Make();
        var constructor = machine.Load(Machines.Compile($"return #{{{string.Concat(Enumerable.Repeat("1,", 200_000))}}}"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(machine.Run(constructor), Is.EqualTo("200000"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10_000_000));
    }

    /// <summary>The limits are so close to each other that memory is measured while the stack of calls grows, in a coroutine too.</summary>
    [TestCase("local function f() return 1 + f() end return pcall(f)")]
    [TestCase("return coroutine.resume(coroutine.create(function() local function f() return 1 + f() end return f() end))")]
    public void Recursion_ends_within_any_memory(string source)
    {
        for (var limitBytes = 300_000; limitBytes < 3_000_000; limitBytes += 100_000)
            Assert.That(Machines.Make(memoryLimitBytes: limitBytes).Run(source), Does.Contain("not enough memory").Or.Contain("stack overflow"), $"{limitBytes}");
    }

    [TestCase("local t for i = 1, 1e5 do t = {i, i, i} end return 'done'")]
    [TestCase("local s for i = 1, 2e4 do s = string.rep('x', 10000) end return 'done'")]
    [TestCase("for i = 1, 1e5 do local f = function() return i end end return 'done'")]
    [TestCase("local t = {} for i = 1, 1e6 do t[i % 10] = i .. 'x' end return 'done'")]
    [TestCase("for i = 1, 3e4 do local c = coroutine.wrap(function() coroutine.yield() end) c() end return 'done'")]
    [TestCase("for i = 1, 300 do local t = {} for j = 1, 1000 do t[j] = {j} end end return 'done'")]
    public void What_died_is_not_counted_for_ever(string source)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        Assert.That(machine.Run(source), Is.EqualTo("done"));
        Assert.That(machine.Rounds, Is.Positive, "it has allocated more than the limit");
    }

    [Test]
    public void A_script_may_catch_that_there_is_no_room_and_go_on()
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        Assert.That(machine.Run("local ok, e = pcall(function() local t = {} while true do t[#t + 1] = {} end end) return ok, e, #string.rep('x', 1000)"),
            Is.EqualTo("false, not enough memory, 1000"));
    }

    /// <summary>The count is no more than what .NET's collector finds, approximately, and no less.</summary>
    [TestCase("local t = {} for i = 1, 2e5 do t[i] = {i} end keep = t")]
    [TestCase("local t = {} for i = 1, 2e5 do t[i] = 'string number ' .. i end keep = t")]
    [TestCase("local t = {} for i = 1, 1e5 do t['key' .. i] = i end keep = t")]
    [TestCase("local t = {} for i = 1, 1e5 do t[i] = function() return i end end keep = t")]
    public void What_is_measured_is_about_what_lives(string source)
    {
        var machine = Machines.Make();
        var before = GC.GetTotalMemory(true);
        Assert.That(machine.Run(source), Is.Empty);
        machine.Clear();
        var measured = machine.Memory.Measure();
        var living = GC.GetTotalMemory(true) - before;
        Assert.That(measured, Is.InRange(living * 0.7, living * 1.4));
        GC.KeepAlive(machine);
    }

    [Test]
    public void Weak_tables_lose_what_nothing_else_holds_when_memory_is_measured()
    {
        Assert.That(Machines.Make().Run("""
            local weak = setmetatable({}, {__mode = "v"})
            local kept = {}
            weak[1], weak[2], weak[3] = kept, {}, "string"
            collectgarbage()
            return weak[1] == kept, weak[2], weak[3]
            """), Is.EqualTo("true, nil, string"));
    }

    [TestCase("local s = string.rep('x', 1e5) for i = 1, 1000 do local k = s .. i t[k] = 1 t[k] = nil end")]
    [TestCase("for i = 1, 1000 do local k = {string.rep('x', 1e5) .. i} t[k] = 1 t[k] = nil end")]
    [TestCase("setmetatable(t, {__mode = 'k'}) for i = 1, 1000 do t[{string.rep('x', 1e5) .. i}] = 1 end")]
    public void A_key_without_a_value_does_not_stay_alive(string source)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        Assert.That(machine.Run("t = {} for i = 1, 5000 do t[i + 0.5] = 1 end for i = 1, 5000 do t[i + 0.5] = nil end"), Is.Empty);
        var before = GC.GetTotalMemory(true);
        Assert.That(machine.Run(source), Is.Empty);
        Assert.That(GC.GetTotalMemory(true) - before, Is.LessThan(2 * LimitBytes));
        GC.KeepAlive(machine);
    }

    [Test]
    public void A_traversal_goes_on_behind_keys_that_it_removes_when_memory_is_measured()
    {
        Assert.That(Machines.Make().Run("""
            local t, kept, n = {}, {}, 0
            for i = 1, 100 do
                kept[i] = {}
                t[kept[i]], t[{}], t['short' .. i], t[string.rep('long', 20) .. i] = i, i, i, i
            end
            for k in pairs(t) do
                t[k] = nil
                k, n = nil, n + 1
                collectgarbage()
            end
            local isEmpty = next(t) == nil
            for i = 1, 100 do t[kept[i]], t['short' .. i], t[string.rep('long', 20) .. i] = i, i, i end
            local sum = 0
            for i = 1, 100 do sum = sum + t[kept[i]] + t['short' .. i] + t[string.rep('long', 20) .. i] end
            return n, isEmpty, sum
            """), Is.EqualTo("400, true, 15150"));
    }

    [TestCase("f(i) coroutine.yield()")]
    [TestCase("f(i) coroutine.yield(s .. i)")]
    [TestCase("f(i) return s .. i")]
    [TestCase("local function g() f(i) error() end pcall(g) coroutine.yield()")]
    public void What_a_coroutine_left_on_its_stack_does_not_stay_alive(string body)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        var before = GC.GetTotalMemory(true);
        Assert.That(machine.Run($$"""
            local s = string.rep('x', 1e5)
            local function f(i)
                local a, b, c, d, e = s .. i .. 1, s .. i .. 2, s .. i .. 3, s .. i .. 4, s .. i .. 5
            end
            keep = {}
            for i = 1, 100 do
                keep[i] = coroutine.wrap(function() {{body}} end)
                keep[i]()
            end
            """), Is.Empty);
        Assert.That(GC.GetTotalMemory(true) - before, Is.LessThan(2 * LimitBytes));
        GC.KeepAlive(machine);
    }

    /// <summary>What is in use and not seen when memory is measured is cleared, forgotten or not counted.</summary>
    [Test]
    public void Random_programs_do_the_same_when_memory_is_always_measured()
    {
        TestSettings.RunAll("programs", TestSettings.Number("CARNELIAN_LUA_MEASURED_PROGRAMS", 500), seed =>
        {
            var program = new RandomProgram(seed).Text;
            var machine = Machines.Make();
            machine.Memory.MeasureEvery(seed % 4 * 100);
            Assert.That(Show.Result(machine, program), Is.EqualTo(Show.Result(Machines.Make(), program)), program);
        });
    }

    [TestCase("local s = string.rep('x', 50) return (s .. 'y' .. s .. 'y' .. s .. 'y' .. s):match('(x*)y(x*)y(x*)y(x*)')")]
    [TestCase("local s = string.rep('x', 50) return (s .. 'y' .. s .. 'y' .. s .. 'y' .. s):find('(x*)y(x*)y(x*)y(x*)')")]
    [TestCase("local function f() return {1}, {2}, {3} end local t = {f(), f()} return #t, t[4][1]")]
    [TestCase("local function f(a, ...) return #arg, arg[3][1], a[1] end return f({1}, {2}, {3}, {4})")]
    [TestCase("local t = {} for i = 1, 500 do t[i] = {i} end local function f(...) local a, b = ... return b[1], select(500, ...)[1] end return f(unpack(t))")]
    [TestCase("local function f(n) local t = {n} if n == 0 then return 0 end return f(n - 1) + t[1] end return f(300)")]
    [TestCase("local t = {} for i = 1, 20 do t[{i}] = 1 end local n = 0 table.foreach(t, function(k) t[k] = nil k = nil local x = {} n = n + 1 end) return n")]
    [TestCase("local t = {} for i = 1, 40 do t[i] = {i % 7} end table.sort(t, function(a, b) local x = {} return a[1] < b[1] end) return t[1][1], t[40][1]")]
    [TestCase("local t = cmsgpack.unpack(cmsgpack.pack({{1, {2}}, {a = {string.rep('x', 50)}}})) return t[1][2][1], t[2].a[1]")]
    [TestCase("local t = cjson.decode('[[1, [2]], {\"a\": [\"' .. string.rep('x', 50) .. '\"]}]') return t[1][2][1], t[2].a[1]")]
    [TestCase("local f = function() return {string.rep('x', 50)} end return cmsgpack.pack(setmetatable({1}, {__index = f}))")]
    public void What_is_in_use_is_seen_when_memory_is_measured(string source)
    {
        var machine = Machines.Make();
        machine.Memory.MeasureEvery(0);
        Assert.That(machine.Run(source), Is.EqualTo(Machines.Make().Run(source)).And.Not.StartsWith("error"));
    }

    /// <summary>Nothing is dropped on the way, so what was made until the end is what was held.</summary>
    [TestCase("cmsgpack.unpack('\\221\\255\\255\\255\\255' .. string.rep('\\144', 1e6))")]
    [TestCase("cmsgpack.unpack('\\223\\255\\255\\255\\255' .. string.rep('\\144', 1e6))")]
    [TestCase("cmsgpack.unpack(string.rep('\\145\\1', 1e6))")]
    [TestCase("cjson.decode('[' .. string.rep('{},', 1e6) .. '1]')")]
    [TestCase("cjson.decode('[' .. string.rep('[[[[]]]],', 3e5) .. '1]')")]
    [TestCase("cjson.decode('{\"a\":[' .. string.rep('{},', 1e6) .. '1]}')")]
    public void What_a_library_builds_is_counted_on_the_way(string source)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(machine.Run(source), Is.EqualTo("error: not enough memory").Or.EndWith("use unpack_one or unpack_limit instead.)"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4 * LimitBytes));
    }

    [TestCase("string.gsub(string.rep('x', 2e6), string.rep('(', 31) .. '.*' .. string.rep(')', 31), function() end)", true)]
    [TestCase("local function mk(n) local b = string.rep('x', 2e6 + n) return function() return b end end local function go(n) if n > 0 then xpcall(function() return (go(n - 1)) end, mk(n)) else t = {} for i = 1, 1e6 do t[i] = {} end end end go(25)", true)]
    [TestCase("local go go = function(n) if n == 0 then t = {} for i = 1, 1e6 do t[i] = {} end end local m = {__index = function(t, k) t = nil k = nil return go(n - 1) end} return (pcall(function() error(setmetatable({string.rep('x', 2e6 + n)}, m)) end)) end go(25)", true)]
    [TestCase("collectgarbage(string.rep('\\0', 2e6))")]
    [TestCase("collectgarbage(string.rep('x', 2e6))")]
    [TestCase("cjson.encode_keep_buffer(string.rep('x', 2e6))")]
    [TestCase("loadstring('return {' .. string.rep('function()end,', 1e5) .. '}')", true, 8)]
    [TestCase("loadstring(string.rep('a=1 ', 2e5))", true, 8)]
    public void What_no_script_can_reach_is_bounded_too(string source, bool isTooMuch = false, int limitsAllocated = 4)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        LuaLibraries.TellErrorsAsText(machine);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = machine.Run("return pcall(function() " + source + " end)");
        if (isTooMuch) Assert.That(result, Is.EqualTo("false, not enough memory").Or.EqualTo("true"));
        // Much of it is garbage, of the compiler and of tables that have grown.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(limitsAllocated * LimitBytes));
    }

    [TestCase("f(i)")]
    [TestCase("pcall(f, i)")]
    [TestCase("pcall(function() f(i) error() end)")]
    [TestCase("coroutine.wrap(function() f(i) end)()")]
    [TestCase("local s = string.rep('x', 1e5) .. i; (function(...) return ... end)(unpack({s, s .. 1, s .. 2, s .. 3}))")]
    public void What_calls_left_on_the_stack_does_not_stay_alive(string body)
    {
        var machine = Machines.Make(memoryLimitBytes: LimitBytes);
        var before = GC.GetTotalMemory(true);
        Assert.That(machine.Run($$"""
            local s = string.rep('x', 1e5)
            local function f(depth)
                if depth > 0 then return f(depth - 1), nil end
                local a, b, c, d, e = s .. 1, s .. 2, s .. 3, s .. 4, s .. 5
            end
            for i = 1, 100 do
                {{body}}
            end
            """), Is.Empty);
        Assert.That(GC.GetTotalMemory(true) - before, Is.LessThan(2 * LimitBytes));
        GC.KeepAlive(machine);
    }

    [Test]
    public void Coroutines_go_on_and_hand_over_when_memory_is_measured()
    {
        const string source = """
            local function many(n) local t = {} for i = 1, n do t[i] = {i} end return unpack(t) end
            local function sum(...) local s = 0 for i = 1, select('#', ...) do s = s + select(i, ...)[1] end return s end
            local co = coroutine.wrap(function(...)
                local a, b = {1}, {2}
                local c = sum(...)
                collectgarbage()
                local d = sum(coroutine.yield(many(500)))
                local e = coroutine.wrap(function() collectgarbage() return many(600) end)
                return {a[1] + b[1] + c + d + sum(e())}, many(700)
            end)
            local first = sum(co(many(300)))
            collectgarbage()
            return first, sum(co(many(400)))
            """;
        Assert.That(Machines.Make().Run(source), Is.EqualTo("125250, 551003"));
        // Somewhere memory is measured just when room is made for what is handed over.
        for (var limitBytes = 300_000; limitBytes < 1_500_000; limitBytes += 5000)
            Assert.That(Machines.Make(memoryLimitBytes: limitBytes).Run(source), Is.EqualTo("125250, 551003").Or.Contain("not enough memory"), $"{limitBytes}");
    }
}
