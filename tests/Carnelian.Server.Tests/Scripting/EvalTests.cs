namespace Carnelian.Tests;

/// <summary>EVAL and its kin: values there and back, errors, what a script must not do, and what is kept of it.</summary>
internal sealed class EvalTests(RespVersion version) : CommandFixture(version)
{
    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    private string Eval(string script, params string[] keysAndArguments) => Run(["EVAL", script, .. keysAndArguments is [] ? ["0"] : keysAndArguments]);

    private static string Sha(string script) => ScriptDigest.Of(System.Text.Encoding.UTF8.GetBytes(script)).ToString();

    private string Nil => IsResp3 ? "nil" : Run("GET", "there is no such key");

    [Test]
    public void Results_become_replies()
    {
        Assert.That(Eval("return {1, 2.9, 'x', {3, {}}, true, nil, 4}"), Is.EqualTo("[:1, :2, \"x\", [:3, []], :1]"), "up to the first nil");
        Assert.That(Eval("return false"), Is.EqualTo(Nil));
        Assert.That(Eval("return redis.status_reply('FINE')"), Is.EqualTo("+FINE"));
        Assert.That(Eval("return {ok = 'a\\0b'}"), Is.EqualTo("+a"));
        Assert.That(Eval("return redis.error_reply('MY trouble')"), Is.EqualTo("-MY trouble"));
        Assert.That(Eval("return redis.error_reply('trouble')"), Is.EqualTo("-ERR trouble"));
        Assert.That(Eval("return {map = {a = 1}}"), Is.EqualTo(Map("\"a\"", ":1")));
        Assert.That(Eval("return {double = 1.5}"), Is.EqualTo(IsResp3 ? ",1.5" : "\"1.5\""));
        Assert.That(Eval("redis.setresp(3) return {true, false}"), Is.EqualTo(IsResp3 ? "[#t, #f]" : "[:1, :0]"));
    }

    [Test]
    public void Keys_and_arguments_are_globals()
    {
        Assert.That(Eval("return {KEYS[1], KEYS[2], ARGV[1], #KEYS, #ARGV}", "2", "a", "b", "c"), Is.EqualTo("[\"a\", \"b\", \"c\", :2, :1]"));
        Assert.That(Eval("return 1", "x"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Eval("return 1", "2", "a"), Is.EqualTo("-ERR Number of keys can't be greater than number of args"));
        Assert.That(Eval("return 1", "-1"), Is.EqualTo("-ERR Number of keys can't be negative"));
    }

    [TestCase("9007199254740993", "9007199254740992"), TestCase("1e17", "100000000000000000"), TestCase("1e20", "1e+20"), TestCase("0.1", "0.1"), TestCase("-0", "0"),
     TestCase("1/3", "0.3333333333333333"), TestCase("0/0", "-nan"), TestCase("1/0", "inf"), TestCase("2^52 + 1", "4503599627370497"), TestCase("1e-7", "1e-7")]
    public void Numbers_go_into_commands_exactly(string number, string told)
    {
        Assert.That(Eval($"redis.call('SET', 'k', {number}) return redis.call('GET', 'k')"), Is.EqualTo($"\"{told}\""));
    }

    [Test]
    public void Replies_become_values_by_the_scripts_own_version()
    {
        Run("HSET h f v");
        Assert.That(Eval("return type(redis.call('GET', 'none'))"), Is.EqualTo("\"boolean\""));
        Assert.That(Eval("redis.setresp(3) return type(redis.call('GET', 'none'))"), Is.EqualTo("\"nil\""));
        Assert.That(Eval("return redis.call('HGETALL', 'h')"), Is.EqualTo("[\"f\", \"v\"]"));
        Assert.That(Eval("redis.setresp(3) return redis.call('HGETALL', 'h')['map']['f']"), Is.EqualTo("\"v\""));
        Assert.That(Eval("return redis.call('SET', 'k', 'v')['ok']"), Is.EqualTo("\"OK\""));
        Assert.That(Eval("return redis.pcall('INCR', 'h')['err']"), Is.EqualTo("\"WRONGTYPE Operation against a key holding the wrong kind of value\""));
    }

    [Test]
    public void Errors_tell_script_and_line()
    {
        Run("SET k v");
        var script = "local x = 1\nreturn redis.call('INCR', 'k')";
        Assert.That(Eval(script), Is.EqualTo($"-ERR value is not an integer or out of range script: {Sha(script)}, on @user_script:2."));
        script = "\n\nerror('mine')";
        Assert.That(Eval(script), Is.EqualTo($"-ERR user_script:3: mine script: {Sha(script)}, on @user_script:3."));
        script = "error({err = 'OWN code'})";
        Assert.That(Eval(script), Is.EqualTo($"-OWN code script: {Sha(script)}, on @user_script:1."));
        script = "return undefined";
        Assert.That(Eval(script), Is.EqualTo($"-ERR user_script:1: Script attempted to access nonexistent global variable 'undefined' script: {Sha(script)}, on @user_script:1."));
        Assert.That(Eval("return 1 +"), Is.EqualTo("-ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'"));
        Assert.That(Eval("return {pcall(redis.call, 'GET')}"), Is.EqualTo($"[{Nil}, \"ERR Wrong number of args calling Redis command from script\"]"));
    }

    [TestCase("x = 1"), TestCase("redis.call = nil"), TestCase("string.len = nil"), TestCase("KEYS = {}"), TestCase("getmetatable('').__index = nil"), TestCase("rawset(_G, 'x', 1)")]
    public void Nothing_is_left_behind_for_others(string script)
    {
        Assert.That(Eval(script), Does.Contain("Attempt to modify a readonly table"));
    }

    [TestCase("return redis.call('NOSUCH')", "Unknown Redis command called from script"), TestCase("return redis.call('EVAL', 'return 1', 0)", "This Redis command is not allowed from script"),
     TestCase("return redis.call('GET')", "Wrong number of args calling Redis command from script"), TestCase("return redis.call()", "Please specify at least one argument for this redis lib call"),
     TestCase("return redis.call({})", "Lua redis lib command arguments must be strings or integers"), TestCase("return print", "Script attempted to access nonexistent global variable 'print'")]
    public void What_scripts_must_not_do_is_an_error(string script, string error) => Assert.That(Eval(script), Does.Contain(error));

    [Test]
    public void Scripts_are_called_by_their_digest()
    {
        const string script = "return ARGV[1]";
        Assert.That(Run("EVALSHA", Sha(script), "0", "x"), Is.EqualTo("-NOSCRIPT No matching script. Please use EVAL."));
        Assert.That(Run("SCRIPT", "LOAD", script), Is.EqualTo($"\"{Sha(script)}\""));
        Assert.That(Run("EVALSHA", Sha(script).ToUpperInvariant(), "0", "x"), Is.EqualTo("\"x\""));
        Assert.That(Run("EVALSHA_RO", Sha(script), "0", "x"), Is.EqualTo("\"x\""));
        Assert.That(Run("SCRIPT", "EXISTS", Sha(script), Sha("other")), Is.EqualTo("[:1, :0]"));
        Assert.That(Run("SCRIPT", "SHOW", Sha(script)), Is.EqualTo($"\"{script}\""));
        Assert.That(Run("SCRIPT", "SHOW", Sha("other")), Does.StartWith("-NOSCRIPT"));
        Assert.That(Run("SCRIPT FLUSH"), Is.EqualTo("+OK"));
        Assert.That(Run("EVALSHA", Sha(script), "0", "x"), Does.StartWith("-NOSCRIPT"));
    }

    [Test]
    public void Of_EVALs_scripts_the_500_used_last_are_kept()
    {
        var loaded = "return 'loaded'";
        Run("SCRIPT", "LOAD", loaded);
        for (var i = 0; i < 500; i++) Eval($"return {i}");
        Run("EVALSHA", Sha("return 0"), "0");
        Eval("return 'one more'");
        Assert.That(Run("SCRIPT", "EXISTS", Sha("return 0"), Sha("return 1"), Sha("return 2"), Sha(loaded)), Is.EqualTo("[:1, :0, :1, :1]"));
        Assert.That(Run("INFO stats"), Does.Contain("evicted_scripts:1"));
        Assert.That(Run("INFO memory"), Does.Contain("number_of_cached_scripts:501"));
    }

    [Test]
    public void What_a_script_declares_is_judged_before_it_runs()
    {
        Assert.That(Eval("#!lua flags=no-writes\nreturn redis.call('SET', 'k', 'v')"), Does.StartWith("-ERR Write commands are not allowed from read-only scripts."));
        Assert.That(Run("EVAL_RO", "return redis.call('SET', 'k', 'v')", "0"), Does.StartWith("-ERR Write commands are not allowed from read-only scripts."));
        Assert.That(Run("EVAL_RO", "#!lua\nreturn 1", "0"), Is.EqualTo("-ERR Can not execute a script with write flag using *_ro command."));
        Assert.That(Run("EVAL_RO", "#!lua flags=no-writes\nreturn 1", "0"), Is.EqualTo(":1"));
        Assert.That(Eval("#!lua flags=none\nreturn 1"), Is.EqualTo("-ERR Unexpected flag in script shebang: none"));
        Assert.That(Eval("#!ruby\nreturn 1"), Is.EqualTo("-ERR Unexpected engine in script shebang: #!ruby"));
        Assert.That(Eval("#!lua name=x\nreturn 1"), Is.EqualTo("-ERR Unknown lua shebang option: name=x"));
        Assert.That(Eval("#!lua"), Is.EqualTo("-ERR Invalid script shebang"));
    }

    [Test]
    public void Errors_are_counted_once()
    {
        Run("SET k v");
        Run("CONFIG RESETSTAT");
        Eval("return redis.call('INCR', 'k')");
        Eval("redis.pcall('INCR', 'k') return 1");
        Assert.That(Run("INFO errorstats"), Does.Contain("errorstat_ERR:count=2"));
        var commands = Run("INFO commandstats");
        Assert.That(commands, Does.Match("cmdstat_incr:calls=2,.*failed_calls=2"));
        Assert.That(commands, Does.Match("cmdstat_eval:calls=2,[^\\n]*rejected_calls=0,failed_calls=1"), "the second one caught it");
    }

    [Test]
    public void The_script_has_a_database_of_its_own()
    {
        Eval("redis.call('SELECT', 3) redis.call('SET', 'k', 'in 3')");
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
        Run("SELECT 3");
        Assert.That(Run("GET k"), Is.EqualTo("\"in 3\""));
    }

    [Test]
    public void A_set_that_is_not_sorted_has_the_order_of_its_texts()
    {
        Run("SADD s b c a aa");
        Assert.That(Eval("return redis.call('SORT', 's', 'BY', 'nothing')"), Is.EqualTo("[\"a\", \"aa\", \"b\", \"c\"]"));
    }

    [TestCase("redis.log(0/0, 'x')", "Invalid log level."), TestCase("redis.set_repl(1e21)", "Invalid replication flags."), TestCase("redis.setresp(0/0)", "RESP version must be 2 or 3."),
     TestCase("type(3) redis.setresp(false)", "RESP version must be 2 or 3."),
     TestCase("assert(nil, 'up to here\\0and no further')", "user_script:1: up to here script: ")]
    public void Arguments_are_what_C_makes_of_them(string script, string error) => Assert.That(Eval(script), Does.Contain(error));

    [TestCase("'none'"), TestCase("{}"), TestCase("'0x2'")]
    public void What_is_no_number_is_replicated_nowhere(string target) => Assert.That(Eval($"redis.set_repl({target}) return 1"), Is.EqualTo(":1"));

    [Test]
    public void Time_stands_still()
    {
        Server.AdvanceTime(5);
        Assert.That(Eval("local before = redis.call('TIME') local after = redis.call('TIME') return before[1] == after[1] and before[2] == after[2]"), Is.EqualTo(":1"));
    }

    [Test]
    public void Nothing_waits_within_a_script() => Assert.That(Eval("return redis.call('BLPOP', 'none', 0)"), Is.EqualTo(Nil));

    [Test]
    public void Without_memory_a_script_writes_only_if_it_has_begun_to()
    {
        Run("CONFIG SET maxmemory 1");
        Assert.That(Eval("return redis.call('SET', 'k', 'v')"), Does.StartWith("-OOM command not allowed when used memory > 'maxmemory'."));
        Assert.That(Eval("redis.call('DEL', 'k') return redis.call('SET', 'k', 'v')"), Is.EqualTo("+OK"), "half of it is done");
        Assert.That(Eval("#!lua\nreturn 1"), Is.EqualTo("-OOM command not allowed when used memory > 'maxmemory'."));
        Assert.That(Eval("#!lua flags=allow-oom\nreturn redis.call('SET', 'k', 'v')"), Is.EqualTo("+OK"));
        Assert.That(Eval("#!lua flags=no-writes\nreturn redis.call('GET', 'k')"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void A_table_that_contains_itself_ends_where_the_stack_would()
    {
        Server.Client.Send("EVAL", "local t = {} t[1] = t return t", "0");
        var reply = Server.Client.ReadRaw("*1\r\n".Length * 7995);
        Assert.That(reply, Does.EndWith("*1\r\n*1\r\n"));
        Assert.That(Server.Client.ReadRaw("-ERR reached lua stack limit\r\n".Length), Is.EqualTo("-ERR reached lua stack limit\r\n"));
    }

    [Test]
    public void A_call_whose_arguments_are_larger_than_memory_may_be_is_an_error()
    {
        Run("CONFIG SET lua-memory-limit 2mb");
        Assert.That(Eval("local s = string.rep('x', 300000) return redis.pcall('DEL', s, s, s, s, s, s, s, s)"), Does.Contain("not enough memory"));
        Assert.That(Eval("local s = string.rep('x', 300000) return redis.pcall('DEL', s, s, s)"), Is.EqualTo(":0"));
        Assert.That(Eval("local s = string.rep('x', 300000) redis.log(redis.LOG_WARNING, s, s, s, s, s, s, s, s) return 1"), Is.EqualTo(":1"));
    }

    [Test]
    public void Tables_that_stand_in_many_places_end_where_memory_would()
    {
        Run("CONFIG SET lua-memory-limit 1mb");
        Assert.That(Eval("local t = {'x'} for i = 1, 60 do t = {t, t} end return t").Split("not enough memory"), Has.Length.InRange(2, 70));
        Assert.That(Eval("local t = {'x'} for i = 1, 12 do t = {t, t} end return t"), Does.Not.Contain("memory"));
        Assert.That(Eval("local t = {} for i = 1, 30000 do t[i] = i end return t"), Does.EndWith(":30000]"));
    }

    [TestCase("s"), TestCase("{ok = s}"), TestCase("{big_number = s}"), TestCase("{verbatim_string = {format = 'txt', string = s}}")]
    public void Texts_that_stand_in_many_places_end_where_memory_would(string value)
    {
        Run("CONFIG SET lua-memory-limit 1mb");
        Assert.That(Eval($"redis.setresp(3) local s = string.rep('x', 10000) local t, v = {{}}, {value} for i = 1, 1000 do t[i] = v end return t").Split("not enough memory"), Has.Length.GreaterThan(800));
        Assert.That(Eval($"redis.setresp(3) local s = string.rep('x', 10000) local t, v = {{}}, {value} for i = 1, 100 do t[i] = v end return t"), Does.Not.Contain("memory"));
    }

    [Test]
    public void Numbers_and_empty_places_of_a_result_are_counted_wherever_they_stand()
    {
        Run("CONFIG SET lua-memory-limit 1mb");
        var reply = Eval("local t = {} t[1] = t for i = 2, 5000 do t[i] = 1 end return t");
        Assert.That(reply, Has.Length.LessThan(1 << 20).And.Contain("-ERR not enough memory"));
        Assert.That(Eval("redis.setresp(3) local b = {} for i = 1, 10000 do b[i + 0.5] = 1 end for i = 1, 10000 do b[i + 0.5] = nil end local t, m = {}, {map = b} for i = 1, 1000 do t[i] = m end return t")
            .Split("not enough memory"), Has.Length.GreaterThan(900));
    }

    [Test]
    public void A_long_array_that_stands_in_many_places_is_not_counted_again_and_again()
    {
        Run("CONFIG SET lua-memory-limit 4mb");
        Assert.That(Eval("local a, b = {}, {} for i = 1, 100000 do a[i] = 1 end for i = 1, 10000 do b[i] = a end return b").Split("not enough memory"), Has.Length.GreaterThan(9900));
    }

    [Test]
    public void What_compiling_takes_is_bounded()
    {
        Run("CONFIG SET lua-memory-limit 1mb");
        var text = "local f " + string.Concat(Enumerable.Repeat("f=function()end ", 100_000));
        Assert.That(Eval(text), Is.EqualTo("-ERR Error compiling script (new function): not enough memory"));
        Assert.That(Run("FUNCTION", "LOAD", "#!lua name=lib\n" + text), Is.EqualTo("-ERR Error compiling function: not enough memory"));
        Run("CONFIG SET lua-memory-limit 64mb");
        Assert.That(Eval(text), Is.EqualTo(Nil));
    }

    [TestCase("{redis.pcall('LPUSH', 's', 'x'), redis.pcall('LPUSH', 's', 'x')}", 2)]
    [TestCase("{redis.pcall('LPUSH', 's', 'x'), {err = 'a b'}}", 2)]
    [TestCase("{{err = 'a b'}, {err = 'c d'}}", 1)]
    [TestCase("redis.pcall('LPUSH', 's', 'x')", 1)]
    [TestCase("1", 0)]
    public void Errors_of_its_calls_count_as_failures_one_by_one(string result, int failures)
    {
        Run("SET s v");
        Run("CONFIG RESETSTAT");
        Eval("return " + result);
        Assert.That(Run("INFO commandstats"), Does.Match($"cmdstat_eval:calls=1,.*failed_calls={failures}\\D"));
    }

    [TestCase("return {err = '\\na b'}", "- a b", "errorstat_:")]
    [TestCase("return {err = '\\r\\n\\na b\\n'}", "-   a b", "errorstat_:")]
    [TestCase("return {err = 'A\\nB c'}", "-A B c", "errorstat_A:")]
    [TestCase("return redis.error_reply('-\\nfoo bar')", "- foo bar", "errorstat_:")]
    public void Line_breaks_in_an_error_are_blanks(string script, string error, string statistics)
    {
        Assert.That(Eval(script), Is.EqualTo(error));
        Assert.That(Run("INFO errorstats"), Does.Contain(statistics));
    }

    [TestCase("return {err = s}"), TestCase("return redis.error_reply(s)"), TestCase("error(s)"), TestCase("error({err = s})")]
    public void Of_an_error_a_megabyte_is_shown(string script)
    {
        var error = Eval($"local s = string.rep('x', 3000000) {script}");
        Assert.That(error, Does.StartWith("-").And.Contain("xxxxx"));
        Assert.That(error, Has.Length.InRange(1 << 20, (1 << 20) + 200));
    }

    /// <summary>Redis dies of it.</summary>
    [TestCase("'EVAL', 'return 1', 0", "not allowed from script"), TestCase("'EVALSHA_RO', redis.sha1hex('return 1'), 0", "NOSCRIPT")]
    [TestCase("'FUNCTION', 'LOAD', '#!lua name=lib\\nredis.register_function(\"f\", function() end)'", "not allowed from script"), TestCase("'SCRIPT', 'LOAD', 'return 1'", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")]
    [TestCase("'SCRIPT', 'FLUSH'", "OK"), TestCase("'FUNCTION', 'FLUSH'", "OK")]
    public void Scripts_do_not_run_within_scripts_whatever_is_allowed(string call, string answer)
    {
        Run("DEBUG SET-DISABLE-DENY-SCRIPTS 1");
        Assert.That(Eval($"local r = redis.pcall({call}) return r.err or r.ok or r"), Does.Contain(answer));
        Assert.That(Eval("return 1"), Is.EqualTo(":1"));
    }

    [Test]
    public void Memory_is_bounded_and_given_back()
    {
        Run("CONFIG SET lua-memory-limit 2mb");
        Assert.That(Eval("local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end"), Does.Contain("not enough memory"));
        Assert.That(Eval("return 1"), Is.EqualTo(":1"));
        Run("SCRIPT FLUSH");
        Assert.That(MachineBytes(), Is.LessThan(50_000));
    }

    [TestCase("MGET"), TestCase("LRANGE")]
    public void A_reply_that_is_larger_than_memory_may_be_is_an_error(string command)
    {
        Run("CONFIG SET lua-memory-limit 2mb");
        Run("SET", "k", new string('x', 100_000));
        Run(["RPUSH", "l", .. Enumerable.Repeat(new string('x', 100_000), 30)]);
        var call = command == "MGET" ? "'MGET', unpack(keys)" : "'LRANGE', 'l', 0, -1";
        Assert.That(Eval($"local keys = {{}} for i = 1, 30 do keys[i] = 'k' end return redis.pcall({call})"), Does.Contain("not enough memory"));
        Assert.That(Eval("return select(2, pcall(redis.call, 'LRANGE', 'l', 0, -1))"), Is.EqualTo("\"not enough memory\""));
        Assert.That(Eval("return #redis.call('LRANGE', 'l', 0, 9)"), Is.EqualTo(":10"));
    }

    private long MachineBytes() => long.Parse(System.Text.RegularExpressions.Regex.Match(Run("INFO memory"), "used_memory_vm_eval:(\\d+)").Groups[1].Value);
}
