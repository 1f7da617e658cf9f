namespace Carnelian.Tests;

/// <summary>FUNCTION and FCALL.</summary>
internal sealed class FunctionTests(RespVersion version) : CommandFixture(version)
{
    private const string Library = "#!lua name=lib\nredis.register_function('get', function(keys, args) return redis.call('GET', keys[1]) end)\n"
        + "redis.register_function{function_name='put', description='puts', callback=function(keys, args) return redis.call('SET', keys[1], args[1]) end}\n"
        + "redis.register_function{function_name='look', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}}";

    private string Load(string code, bool replaces = false) => replaces ? Run("FUNCTION", "LOAD", "REPLACE", code) : Run("FUNCTION", "LOAD", code);

    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    [Test]
    public void Functions_are_called_by_their_names()
    {
        Assert.That(Load(Library), Is.EqualTo("\"lib\""));
        Assert.That(Run("FCALL put 1 k v"), Is.EqualTo("+OK"));
        Assert.That(Run("FCALL GET 1 k"), Is.EqualTo("\"v\""), "in whatever case");
        Assert.That(Run("FCALL_RO look 1 k"), Is.EqualTo("\"v\""));
        Assert.That(Run("FCALL_RO get 1 k"), Is.EqualTo("-ERR Can not execute a script with write flag using *_ro command."));
        Assert.That(Run("FCALL none 0"), Is.EqualTo("-ERR Function not found"));
        Assert.That(Run("FCALL get x"), Is.EqualTo("-ERR Bad number of keys provided"));
    }

    [TestCase("return 1", "Missing library metadata"), TestCase("#!lua\nreturn 1", "Library name was not given"), TestCase("#!js name=lib\nx", "Engine 'js' not found"),
     TestCase("#!lua name=l-b\nx", "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"),
     TestCase("#!lua name=lib\nreturn 1", "No functions registered"), TestCase("#!lua name=lib\nreturn 1 +", "Error compiling function: user_function:2: unexpected symbol near '<eof>'"),
     TestCase("#!lua name=lib\nreturn redis.call('GET', 'k')", "attempted to access nonexistent global variable 'call'"),
     TestCase("#!lua name=lib\nredis.register_function('a', function() end) redis.register_function('a', function() end)", "Function already exists in the library"),
     TestCase("#!lua name=lib\nredis.register_function('a b', function() end)", "Library names can only contain letters"),
     TestCase("#!lua name=lib\nredis.register_function{callback=function() end}", "redis.register_function must get a function name argument")]
    public void What_is_no_library_is_refused(string code, string error)
    {
        Assert.That(Load(code), Does.StartWith("-ERR ").And.Contain(error));
        Assert.That(Run("FUNCTION LIST"), Is.EqualTo("[]"));
    }

    [Test]
    public void One_that_cannot_be_replaced_stays()
    {
        Load(Library);
        Assert.That(Load(Library), Is.EqualTo("-ERR Library 'lib' already exists"));
        Assert.That(Load("#!lua name=lib\nerror('no')", replaces: true), Does.Contain("Error registering functions"));
        Assert.That(Load("#!lua name=other\nredis.register_function('put', function() end)"), Is.EqualTo("-ERR Function put already exists"));
        Run("SET k v");
        Assert.That(Run("FCALL get 1 k"), Is.EqualTo("\"v\""));
        Assert.That(Load("#!lua name=lib\nredis.register_function('get', function() return 'new' end)", replaces: true), Is.EqualTo("\"lib\""));
        Assert.That(Run("FCALL get 1 k"), Is.EqualTo("\"new\""));
        Assert.That(Run("FCALL put 1 k v"), Is.EqualTo("-ERR Function not found"));
    }

    [Test]
    public void What_does_not_fit_into_memory_is_an_error_and_no_more()
    {
        Run("CONFIG SET lua-memory-limit 64mb");
        Load("#!lua name=lib\nlocal keep = {} redis.register_function('size', function(k, a) return #a[1] end) redis.register_function('fill', function() for i = 1, 3000 do keep[i] = ('x'):rep(1000) .. i end end)");
        Run("FCALL fill 0");
        Run("CONFIG SET lua-memory-limit 1mb");
        Assert.That(Run("FCALL", "size", "0", new string('x', 2_000_000)), Does.Contain("not enough memory"));
        Assert.That(Load("#!lua name=other\nredis.register_function('f', function() end)"), Is.EqualTo("-ERR Error registering functions: ERR not enough memory"));
        Run("CONFIG SET lua-memory-limit 64mb");
        Assert.That(Run("FCALL", "size", "0", new string('x', 2_000_000)), Is.EqualTo(":2000000"));
    }

    [TestCase("description=s"), TestCase("description=s .. i")]
    public void Names_and_descriptions_are_counted(string description)
    {
        Run("CONFIG SET lua-memory-limit 1mb");
        var code = "local s = ('x'):rep(100000) for i = 1, N do redis.register_function{function_name='f' .. i, callback=function() end, " + description + "} end";
        Assert.That(Load("#!lua name=few\n" + code.Replace("N", "5")), Is.EqualTo("\"few\""));
        Assert.That(Run("FUNCTION LIST LIBRARYNAME few"), Does.Contain(new string('x', 100_000)));
        var many = Load("#!lua name=many\n" + code.Replace("'f'", "'g'").Replace("N", "20"));
        Assert.That(many, description.EndsWith('i') ? Is.EqualTo("-ERR Error registering functions: ERR not enough memory") : Is.EqualTo("\"many\""));
        Run("FUNCTION FLUSH");
        Assert.That(Load("#!lua name=few\n" + code.Replace("N", "5")), Is.EqualTo("\"few\""));
    }

    /// <summary>As in Redis, which dies when such a library is deleted.</summary>
    [Test]
    public void Of_two_in_a_library_that_differ_in_case_alone_the_first_is_called()
    {
        Assert.That(Load("#!lua name=lib\nredis.register_function('f', function() return 1 end) redis.register_function('F', function() return 2 end)"), Is.EqualTo("\"lib\""));
        Assert.That((Run("FCALL f 0"), Run("FCALL F 0")), Is.EqualTo((":1", ":1")));
        Assert.That(Run("FUNCTION STATS"), Does.Contain("\"functions_count\"").And.Contain(":2"));
        Assert.That(Load("#!lua name=other\nredis.register_function('F', function() end)"), Is.EqualTo("-ERR Function F already exists"));
        Assert.That(Run("FUNCTION DELETE lib"), Is.EqualTo("+OK"));
        Assert.That(Run("FCALL f 0"), Is.EqualTo("-ERR Function not found"));
        Assert.That(Run("FUNCTION STATS"), Does.Not.Contain(":2"));
    }

    [Test]
    public void Libraries_are_listed()
    {
        Load("#!lua name=lib\nredis.register_function{function_name='f', description='does', callback=function() end, flags={'no-writes', 'allow-stale'}}");
        var flags = IsResp3 ? "~[+no-writes, +allow-stale]" : "[+no-writes, +allow-stale]";
        var function = Map("\"name\"", "\"f\"", "\"description\"", "\"does\"", "\"flags\"", flags);
        Assert.That(Run("FUNCTION LIST LIBRARYNAME L*"), Is.EqualTo($"[{Map("\"library_name\"", "\"lib\"", "\"engine\"", "\"LUA\"", "\"functions\"", $"[{function}]")}]"));
        Assert.That(Run("FUNCTION LIST LIBRARYNAME x*"), Is.EqualTo("[]"));
        Assert.That(Run("FUNCTION STATS"), Does.Contain("\"libraries_count\"").And.Contain(":1"));
    }

    [Test]
    public void Libraries_travel_as_a_payload()
    {
        Load(Library);
        var payload = Server.Client.RunValue("FUNCTION", "DUMP").Bytes!;
        Assert.That(Restore(), Is.EqualTo("-ERR Library lib already exists"));
        Assert.That(Restore("REPLACE"), Is.EqualTo("+OK"));
        Run("FUNCTION FLUSH");
        Assert.That(Run("FCALL get 1 k"), Is.EqualTo("-ERR Function not found"));
        Assert.That(Restore("APPEND"), Is.EqualTo("+OK"));
        Run("SET k v");
        Assert.That(Run("FCALL get 1 k"), Is.EqualTo("\"v\""));
        Assert.That(Restore("NONE"), Is.EqualTo("-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."));
        payload[^1] ^= 1;
        Assert.That(Restore("FLUSH"), Is.EqualTo("-ERR DUMP payload version or checksum are wrong"));

        string Restore(params string[] options)
        {
            Server.Client.SendRaw(TestClient.Request(["FUNCTION"u8.ToArray(), "RESTORE"u8.ToArray(), payload, .. options.Select(System.Text.Encoding.ASCII.GetBytes)]));
            return Server.Client.Read();
        }
    }

    [Test]
    public void Libraries_are_in_the_database_file()
    {
        Load(Library);
        Run("SET k v");
        Assert.That(Run("DEBUG RELOAD"), Is.EqualTo("+OK"));
        Assert.That(Run("FCALL get 1 k"), Is.EqualTo("\"v\""));
        Run("FUNCTION FLUSH");
        Assert.That(Run("DEBUG RELOAD"), Is.EqualTo("+OK"));
        Assert.That(Run("FUNCTION LIST"), Is.EqualTo("[]"));
    }
}
