namespace Carnelian.Tests;

public class RegistryTests
{
    private readonly ExampleOptions _options = new();

    private DirectiveRegistry Registry => _options.Registry;

    private string Get(params string[] patterns) => string.Join(' ', Registry.Get(patterns).Select(pair => $"{pair.Key}={pair.Value}"));

    [Test]
    public void Get_takes_several_patterns_and_shows_each_directive_once()
    {
        Assert.That(Get("time*", "timeout", "p[no]rt", "nope"), Is.EqualTo("timeout=0 port=6379"));
    }

    [Test]
    public void Get_shows_a_plain_name_as_it_was_asked_for()
    {
        Assert.That(Get("TIMEOUT", "timeout"), Is.EqualTo("TIMEOUT=0"));
        Assert.That(Get("TIME*"), Is.EqualTo("timeout=0"));
    }

    [Test]
    public void Get_knows_aliases_by_name_and_by_pattern()
    {
        Assert.That(Get("slave-priority"), Is.EqualTo("slave-priority=100"));
        Assert.That(Get("*-priority"), Is.EqualTo("replica-priority=100 slave-priority=100"));
    }

    [Test]
    public void Get_shows_hidden_directives_by_name_only()
    {
        Assert.That(Get("rdb-key*"), Is.Empty);
        Assert.That(Get("rdb-key-save-delay"), Is.EqualTo("rdb-key-save-delay=0"));
    }

    [Test]
    public void Set_changes_several_at_once()
    {
        Assert.That(Registry.Set(["timeout", "5", "MAXMEMORY", "1kb"]), Is.Null);
        Assert.That(Get("timeout", "maxmemory"), Is.EqualTo("timeout=5 maxmemory=1024"));
    }

    [TestCase("ERR Unknown option or number of arguments for CONFIG SET - 'nope'", "timeout", "1", "nope", "2", "timeout", "3")]
    [TestCase("ERR CONFIG SET failed (possibly related to argument 'DATABASES') - can't set immutable config", "DATABASES", "3")]
    [TestCase("ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config", "dbfilename", "x")]
    [TestCase("ERR CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter", "timeout", "1", "TIMEOUT", "2")]
    [TestCase("ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer", "TIMEOUT", "x")]
    [TestCase("ERR CONFIG SET failed (possibly related to argument 'slave-priority') - argument couldn't be parsed into an integer", "slave-priority", "x")]
    [TestCase("ERR syntax error", "timeout")]
    public void Set_refuses_as_Redis_does(string error, params string[] pairs)
    {
        Assert.That(Registry.Set(pairs), Is.EqualTo(error));
        Assert.That(_options.TimeoutSeconds, Is.Zero);
    }

    [Test]
    public void An_alias_and_its_directive_are_no_duplicates()
    {
        Assert.That(Registry.Set(["slave-priority", "1", "replica-priority", "2"]), Is.Null);
        Assert.That(_options.ReplicaPriority, Is.EqualTo(2));
    }

    [Test]
    public void Protected_directives_can_be_set_by_whom_the_server_allows()
    {
        Assert.That(Registry.Set(["dbfilename", "a/b"], allowProtected: true), Does.EndWith("dbfilename can't be a path, just a filename"));
        Assert.That(Registry.Set(["dbfilename", "b"], allowProtected: true), Is.Null);
        Assert.That(_options.DumpName, Is.EqualTo("b"));
    }

    [Test]
    public void While_loading_some_directives_are_denied()
    {
        Assert.That(Registry.Set(["maxmemory-policy", "allkeys-lru"], loading: true), Is.EqualTo("LOADING Redis is loading the dataset in memory"));
        Assert.That(Registry.Set(["timeout", "1"], loading: true), Is.Null);
    }

    [Test]
    public void A_value_that_is_refused_undoes_those_before_it()
    {
        Assert.That(Registry.Set(["timeout", "5", "save", "", "port", "x"]), Does.Contain("'port'"));
        Assert.That(Get("timeout", "save"), Is.EqualTo("timeout=0 save=3600 1 300 100 60 10000"));
        Assert.That(_options.Applied, Is.Empty);
    }

    [Test]
    public void A_failing_apply_undoes_all_and_applies_the_old_values_again()
    {
        _options.FailToApply = "port";
        var warnings = new List<string>();
        Registry.Warning = warnings.Add;
        Assert.That(Registry.Set(["appendonly", "yes", "port", "1", "timeout", "5"]),
            Is.EqualTo("ERR CONFIG SET failed (possibly related to argument 'port') - cannot apply port"));
        Assert.That(Get("appendonly", "port", "timeout"), Is.EqualTo("appendonly=no port=6379 timeout=0"));
        Assert.That(_options.Applied, Is.EqualTo(new[] { "appendonly", "port", "appendonly", "port" }));
        string[] wanted =
        [
            "Failed applying new configuration. Possibly related to new port setting. Restoring previous settings.",
            "Failed applying restored failed CONFIG SET command: cannot apply port",
        ];
        Assert.That(warnings, Is.EqualTo(wanted));
    }

    [Test]
    public void Apply_runs_for_changes_only_and_once_for_directives_that_share_it()
    {
        Assert.That(Registry.Set(["appendonly", "no", "tls-cert-file", "", "tls-key-file", ""]), Is.Null);
        Assert.That(_options.Applied, Is.EqualTo(new[] { "tls" }), "volatile directives count as changed");
    }

    [Test]
    public void A_failing_restore_of_a_secret_does_not_tell_it()
    {
        var registry = new DirectiveRegistry();
        var warnings = new List<string>();
        registry.Warning = warnings.Add;
        var stubborn = "secret";
        registry.Add(new SpecialDirective("secret", (arguments, _) =>
        {
            if (stubborn != "secret") return "no way back";
            stubborn = arguments[0];
            return SetResult.Success();
        }, () => stubborn) { Flags = DirectiveFlags.Sensitive });
        registry.Add(new SpecialDirective("never", (_, _) => "never", () => ""));
        Assert.That(registry.Set(["secret", "x", "never", "y"]), Is.Not.Null);
        Assert.That(warnings.Single(), Does.Contain("(redacted)").And.Not.Contain("'secret'"));
    }
}
