namespace Carnelian.Tests;

/// <summary>What a host does with a machine.</summary>
public class MachineTests
{
    [Test]
    public void A_compiled_script_runs_on_many_machines()
    {
        var prototype = Machines.Compile("counter = (counter or 0) + 1 return counter, 'constant'");
        LuaMachine one = Machines.Make(), other = Machines.Make();
        Assert.That(one.Run(one.Load(prototype)), Is.EqualTo("1, constant"));
        Assert.That(one.Run(one.Load(prototype)), Is.EqualTo("2, constant"));
        Assert.That(other.Run(other.Load(prototype)), Is.EqualTo("1, constant"));
    }

    [Test]
    public void A_function_of_the_host_reads_arguments_and_gives_results()
    {
        var machine = Machines.Make();
        machine.Globals.Set(machine.String("add"), new LuaHostFunction("add", call => call.Return(call.CheckNumber(1) + call.CheckNumber(2), call.Count)));
        Assert.That(machine.Run("return add(1, '2')"), Is.EqualTo("3, 2"));
        Assert.That(machine.Run("return add(1, {})"), Is.EqualTo("error: user_script:1: bad argument #2 to 'add' (number expected, got table)"));
        Assert.That(machine.Run("return pcall(add, 1)"), Is.EqualTo("false, bad argument #2 to '?' (number expected, got no value)"));
    }

    [Test]
    public void A_function_of_the_host_calls_back()
    {
        var machine = Machines.Make();
        machine.Globals.Set(machine.String("twice"), new LuaHostFunction("twice", call => call.Return(call.Call(call[1], call.Call(call[1], call[2])))));
        machine.Globals.Set(machine.String("try"), new LuaHostFunction("try", call => call.Return(call.TryCall(call[1], call.Arguments(2).ToArray(), out var result), result)));
        Assert.That(machine.Run("return twice(function(x) return x * 2 end, 5)"), Is.EqualTo("20"));
        Assert.That(machine.Run("return try(function(x) error(x) end, 'bad')"), Is.EqualTo("false, user_script:1: bad"));
    }

    [Test]
    public void Arguments_and_all_results_pass_the_border()
    {
        var machine = Machines.Make();
        var function = machine.Load(Machines.Compile("return select('#', ...), ..."));
        Assert.That(machine.TryRun(function, [1, true, machine.String("x"), LuaValue.Nil], null, out var results, out _), Is.True);
        Assert.That(results.ToArray().Select(value => value.ToString()), Is.EqualTo(new[] { "4", "1", "true", "x", "nil" }));
    }

    [TestCase("local a\nlocal b = 1\nreturn b", "2 3", Description = "what is nil anyway costs no instruction")]
    [TestCase("for i = 1, 2 do\n  local x = i\nend\nreturn 1", "1 2 1 2 1 4")]
    [TestCase("for i = 1, 2 do end", "1 1 1", Description = "a jump back begins a line")]
    [TestCase("local function f(n)\n  if n > 0 then return f(n - 1) end\nend\nf(1)", "3 4 2 2 3", Description = "as does a function")]
    [TestCase("local a = {\n  1,\n  f = 2,\n}\nreturn a\n  .f", "1 2 3 4 6")]
    [TestCase("local co = coroutine.wrap(function()\n  coroutine.yield()\n  return\nend)\nco()\nco()", "1 4 1 5 2 6 3")]
    [TestCase("loadstring('\\n\\nlocal x = 1')()\nreturn", "1 3 2")]
    public void Traced_code_tells_where_lines_begin_as_PUCs_hooks_do(string script, string lines)
    {
        var machine = Machines.Make();
        var seen = new List<int>();
        machine.Tracer = new("tracer", call =>
        {
            machine.TryGetPosition(1, out _, out var line);
            seen.Add(line);
            return call.Return();
        });
        machine.Run(machine.Load(Machines.Compile(script).ToTraced()));
        Assert.That(string.Join(' ', seen), Is.EqualTo(lines));
    }

    [Test]
    public void Traced_code_does_what_it_did_and_messages_name_the_same()
    {
        var machine = Machines.Make();
        machine.Tracer = new("tracer", call => call.Return());
        const string script = "local t, n = {}, 0 for i, v in ipairs({3, 4}) do n = n + v * i end local function f(...) return select('#', ...), ... end t.x = f(f(n)) return n, t.x, t.none.field";
        Assert.That(machine.Run(machine.Load(Machines.Compile(script).ToTraced())), Is.EqualTo(machine.Run(script)).And.EqualTo("error: user_script:1: attempt to index field 'none' (a nil value)"));
    }

    [Test]
    public void Who_looks_on_sees_variables_and_the_names_of_functions()
    {
        var machine = Machines.Make();
        var seen = "";
        machine.Tracer = new("tracer", call =>
        {
            seen = $"{machine.FunctionName(1)}({string.Join(", ", machine.Locals(1)!.Select(local => $"{local.Name} = {local.Value}"))}) in {machine.FunctionName(2)?.ToString() ?? "the chunk"}";
            return call.Return();
        });
        machine.Run(machine.Load(Machines.Compile("local function add(x, y)\n  local sum = x + y\n  return sum\nend\nadd(1, 2)").ToTraced()));
        Assert.That(seen, Is.EqualTo("add(x = 1, y = 2, sum = 3) in the chunk"));
    }

    [Test]
    public void A_handler_of_errors_sees_the_stack_where_the_error_happened()
    {
        var machine = Machines.Make();
        var handler = new LuaHostFunction("handler", call =>
        {
            Assert.That(call.Machine.TryGetPosition(2, out var source, out var line), Is.True);
            return call.Return(machine.String($"{call[1]} at {source}:{line}"));
        });
        var function = machine.Load(Machines.Compile("local function f()\n error({}) end\nlocal ok, e = pcall(f)\n error('boom')"));
        Assert.That(machine.TryRun(function, [], handler, out _, out var failure), Is.False);
        Assert.That(failure!.Value.ToString(), Is.EqualTo("user_script:4: boom at user_script:4"));
    }

    [TestCase("t.x = 1")]
    [TestCase("t[1] = 5")]
    [TestCase("t.new = 1")]
    [TestCase("rawset(t, 'x', 1)")]
    [TestCase("table.insert(t, 1)")]
    [TestCase("table.remove(t)")]
    [TestCase("table.sort(t)")]
    [TestCase("setmetatable(t, {})")]
    public void A_read_only_table_refuses_every_change(string statement)
    {
        var machine = Machines.Make();
        machine.Run("t = {3, 2, 1, x = 0}");
        ((LuaTable)machine.Globals[machine.String("t")].Object!).IsReadOnly = true;
        Assert.That(machine.Run(statement), Does.Match("^error: (user_script:1: )?Attempt to modify a readonly table$"));
        Assert.That(machine.Run("return t[1], t.x, #t"), Is.EqualTo("3, 0, 3"));
    }

    [Test]
    public void An_error_that_is_fatal_passes_every_pcall_and_coroutine()
    {
        var machine = Machines.Make();
        machine.Globals.Set(machine.String("die"), new LuaHostFunction("die", call => throw call.Machine.Abort("the end"u8)));
        Assert.That(machine.Run("pcall(function() coroutine.wrap(function() pcall(die) end)() end) return 'survived'"), Does.EndWith("the end"));
        Assert.That(machine.Run("return coroutine.running(), pcall(error, 'x')"), Is.EqualTo("nil, false, x"));
    }

    [Test]
    public void Globals_of_a_load_are_the_environment_that_the_host_gives()
    {
        var machine = Machines.Make();
        var environment = machine.NewTable();
        environment.Set(machine.String("y"), 7);
        Assert.That(machine.Run(machine.Load(Machines.Compile("x = y return x, print"), environment)), Is.EqualTo("7, nil"));
        Assert.That(machine.Run("return x"), Is.EqualTo("nil"));
        Assert.That(environment[machine.String("x")].TryGetNumber(out var x) && x == 7, Is.True);
    }

    [Test]
    public void Chance_is_the_same_everywhere_and_the_host_can_seed_it()
    {
        LuaMachine one = Machines.Make(), other = Machines.Make();
        other.Run("math.randomseed(5) math.random()");
        other.Random.Reset();
        Assert.That(one.Run("return math.random(1000), math.random()"), Is.EqualTo(other.Run("return math.random(1000), math.random()")));
    }

    [Test]
    public void Print_and_the_clock_are_the_hosts()
    {
        var host = new Recording();
        Assert.That(Machines.Make(host).Run("print('a', 1, nil, {} ~= nil) return os.clock()"), Is.EqualTo("42.5"));
        Assert.That(host.Lines, Is.EqualTo(new[] { "a\t1\tnil\ttrue" }));
    }

    private sealed class Recording : LuaHost
    {
        public List<string> Lines { get; } = [];

        public override void Print(ReadOnlySpan<byte> line) => Lines.Add(System.Text.Encoding.Latin1.GetString(line));

        public override double Clock() => 42.5;
    }

    [Test]
    public void A_list_that_is_marked_stays_one_in_json()
    {
        var machine = new LuaMachine();
        LuaLibraries.AddStandard(machine);
        LuaLibraries.AddRedis(machine, offersListMetatable: true);
        Assert.That(machine.Run("return cjson.encode(cjson.decode('[]')), cjson.decode_array_with_array_mt(true), cjson.encode(cjson.decode('[[],{}]')), cjson.encode(setmetatable({}, cjson.array_mt))"),
            Is.EqualTo("{}, true, [[],{}], []"));
    }

    [Test]
    public void Tables_can_be_walked_by_the_host()
    {
        var machine = Machines.Make();
        var table = machine.NewTable();
        table.Set(1, 10);
        table.Set(2, 20);
        table.Set(machine.String("x"), true);
        var seen = new List<string>();
        for (var place = table.Next(0, out var key, out var value); place >= 0; place = table.Next(place, out key, out value)) seen.Add($"{key}={value}");
        Assert.That(seen, Is.EqualTo(new[] { "1=10", "2=20", "x=true" }));
        Assert.That(table.Length, Is.EqualTo(2));
    }
}
