namespace Carnelian.Tests;

/// <summary>Each kind of value: what it accepts, how it shows it, and with which words of Redis 8.0.6 it refuses.</summary>
public class DirectiveTests
{
    private readonly ExampleOptions _options = new();

    [TestCase("maxmemory", "100", "100")]
    [TestCase("maxmemory", "1k", "1000")]
    [TestCase("maxmemory", "1kb", "1024")]
    [TestCase("maxmemory", "1M", "1000000")]
    [TestCase("maxmemory", "100mB", "104857600")]
    [TestCase("maxmemory", "2g", "2000000000")]
    [TestCase("maxmemory", "2gb", "2147483648")]
    [TestCase("maxmemory", "7b", "7")]
    [TestCase("maxmemory", "", "0")]
    [TestCase("maxmemory", "kb", "0")]
    [TestCase("maxmemory", "99999999999999999999gb", "18446744072635809792", Description = "saturates, then wraps")]
    [TestCase("maxmemory-clients", "10%", "10%")]
    [TestCase("maxmemory-clients", "0%", "0")]
    [TestCase("maxmemory-clients", "1mb", "1048576")]
    [TestCase("timeout", "2147483647", "2147483647")]
    [TestCase("maxclients", "4294967295", "4294967295")]
    [TestCase("unixsocketperm", "755", "755")]
    [TestCase("unixsocketperm", "0700", "700")]
    [TestCase("appendonly", "YES", "yes")]
    [TestCase("maxmemory-policy", "AllKeys-LRU", "allkeys-lru")]
    [TestCase("shutdown-on-sigint", "force save", "save force")]
    [TestCase("shutdown-on-sigint", "default", "default")]
    [TestCase("logfile", "a b", "a b")]
    [TestCase("requirepass", "\u00ff\u0000\u0080", "\u00ff\u0000\u0080", Description = "passwords are any bytes")]
    [TestCase("logfile", "\u00c3\u00a9", "\u00c3\u00a9", Description = "text is UTF-8")]
    [TestCase("save", "", "")]
    [TestCase("save", "60 1", "60 1")]
    [TestCase("save", "60 ", "60 0", Description = "an empty number is 0")]
    [TestCase("save", "+60 1 30 2", "60 1 30 2")]
    [TestCase("client-output-buffer-limit", "replica 1gb 1mb 5", "normal 0 0 0 slave 1073741824 1048576 5 pubsub 33554432 8388608 60")]
    [TestCase("client-output-buffer-limit", "normal 1 2 3 PUBSUB 4 5 6", "normal 1 2 3 slave 268435456 67108864 60 pubsub 4 5 6")]
    [TestCase("client-output-buffer-limit", "", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60")]
    [TestCase("bind", "127.0.0.1 ::1", "127.0.0.1 ::1")]
    [TestCase("bind", "", "")]
    [TestCase("oom-score-adj-values", "-2000 0 2000", "-2000 0 2000")]
    [TestCase("latency-tracking-info-percentiles", "0 12.5 100", "0 12.5 100")]
    [TestCase("latency-tracking-info-percentiles", "", "")]
    public void Value_is_accepted_and_shown(string name, string value, string shown)
    {
        Assert.That(_options.Registry.Set([name, value]), Is.Null);
        Assert.That(_options.Registry.Find(name)!.Get(), Is.EqualTo(shown));
    }

    [TestCase("maxmemory", "abc", "argument must be a memory value")]
    [TestCase("maxmemory", "-1", "argument must be a memory value")]
    [TestCase("maxmemory", "1 mb", "argument must be a memory value")]
    [TestCase("maxmemory", "1tb", "argument must be a memory value")]
    [TestCase("repl-backlog-size", "0", "argument must be between 1 and 9223372036854775807 inclusive")]
    [TestCase("maxmemory-clients", "xx", "argument must be a memory or percent value")]
    [TestCase("maxmemory-clients", "%", "argument must be a memory or percent value")]
    [TestCase("maxmemory-clients", "-5%", "argument must be a memory or percent value")]
    [TestCase("maxmemory-clients", "200%", "percentage argument must be less or equal to 100")]
    [TestCase("timeout", "x", "argument couldn't be parsed into an integer")]
    [TestCase("timeout", "", "argument couldn't be parsed into an integer")]
    [TestCase("timeout", "01", "argument couldn't be parsed into an integer")]
    [TestCase("timeout", "+1", "argument couldn't be parsed into an integer")]
    [TestCase("timeout", " 1", "argument couldn't be parsed into an integer")]
    [TestCase("timeout", "99999999999999999999", "argument couldn't be parsed into an integer")]
    [TestCase("timeout", "-1", "argument must be between 0 and 2147483647 inclusive")]
    [TestCase("port", "70000", "argument must be between 0 and 65535 inclusive")]
    [TestCase("unixsocketperm", "9", "argument couldn't be parsed as an octal number")]
    [TestCase("unixsocketperm", "1000", "argument must be between 0 and 777 inclusive")]
    [TestCase("appendonly", "maybe", "argument must be 'yes' or 'no'")]
    [TestCase("maxmemory-policy", "x", "argument(s) must be one of the following: volatile-ttl, allkeys-lru, noeviction")]
    [TestCase("shutdown-on-sigint", "save x", "argument(s) must be one of the following: default, save, nosave, now, force")]
    [TestCase("shutdown-on-sigint", "", "argument(s) must be one of the following: default, save, nosave, now, force")]
    [TestCase("shutdown-on-sigint", "save nosave", "shutdown options SAVE and NOSAVE can't be used simultaneously")]
    [TestCase("logfile", "\u00ff", "argument must be valid UTF-8")]
    [TestCase("save", "1 2 3", "Invalid save parameters")]
    [TestCase("save", "60 1 ", "Invalid save parameters")]
    [TestCase("save", "0 1", "Invalid save parameters")]
    [TestCase("save", "60 -1", "Invalid save parameters")]
    [TestCase("client-output-buffer-limit", "normal 1 2", "Wrong number of arguments in buffer limit configuration.")]
    [TestCase("client-output-buffer-limit", "master 1 2 3", "Invalid client class specified in buffer limit configuration.")]
    [TestCase("client-output-buffer-limit", "normal 1 x 3", "Error in hard, soft or soft_seconds setting in buffer limit configuration.")]
    [TestCase("client-output-buffer-limit", "normal 1 2 -3", "Error in hard, soft or soft_seconds setting in buffer limit configuration.")]
    [TestCase("bind", "a b c d e f g h i j k l m n o p q", "Too many bind addresses specified.")]
    [TestCase("oom-score-adj-values", "1 2", "wrong number of arguments")]
    [TestCase("oom-score-adj-values", "1 2 2001", "Invalid oom-score-adj-values, elements must be between -2000 and 2000.")]
    [TestCase("latency-tracking-info-percentiles", "50 x", "Invalid latency-tracking-info-percentiles parameters")]
    [TestCase("latency-tracking-info-percentiles", "101", "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")]
    public void Value_is_refused_with_the_words_of_Redis_and_left_alone(string name, string value, string reason)
    {
        var before = _options.Registry.Find(name)!.Get();
        Assert.That(_options.Registry.Set([name, value]), Is.EqualTo($"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}"));
        Assert.That(_options.Registry.Find(name)!.Get(), Is.EqualTo(before));
    }

    [Test]
    public void Declaring_assigns_the_default()
    {
        Assert.Multiple(() =>
        {
            Assert.That(_options.Port, Is.EqualTo(6379));
            Assert.That(_options.DumpName, Is.EqualTo("dump.rdb"));
            Assert.That(_options.Bind, Is.EqualTo(new[] { "*", "-::*" }));
        });
    }

    [Test]
    public void Empty_optional_values_are_null()
    {
        _options.AnnounceAddress = "x";
        _options.Password = [1];
        Assert.That(_options.Registry.Set(["replica-announce-ip", "", "requirepass", ""]), Is.Null);
        Assert.That((_options.AnnounceAddress, _options.Password), Is.EqualTo(((string?)null, (byte[]?)null)));
    }

    [Test]
    public void A_name_can_be_declared_only_once()
    {
        Assert.That(() => _options.Registry.Flag("SLAVE-priority", false, () => false, _ => { }), Throws.TypeOf<BrokenInvariantException>());
    }
}
