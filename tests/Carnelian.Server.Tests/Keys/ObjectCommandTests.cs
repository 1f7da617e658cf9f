namespace Carnelian.Tests;

internal sealed class ObjectCommandTests(RespVersion version) : CommandFixture(version)
{
    private const string Note = "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

    [TestCase("12", "int"), TestCase("value", "embstr"), TestCase("012345678901234567890123456789012345678901234", "raw")]
    public void Encoding_is_that_of_the_value(string value, string encoding)
    {
        Run($"SET k {value}");
        Assert.That(Run("OBJECT ENCODING k"), Is.EqualTo($"\"{encoding}\""));
    }

    [Test]
    public void A_missing_key_has_no_properties([Values("ENCODING", "REFCOUNT", "IDLETIME", "FREQ")] string property) =>
        Assert.That(Run($"OBJECT {property} missing"), Is.EqualTo("nil"));

    [Test]
    public void Small_numbers_are_shared()
    {
        Run("MSET small 9999 large 10000 negative -1 text v");
        Assert.That(Run("OBJECT REFCOUNT small"), Is.EqualTo(":2147483647"));
        foreach (var key in new[] { "large", "negative", "text" }) Assert.That(Run($"OBJECT REFCOUNT {key}"), Is.EqualTo(":1"), key);
    }

    [Test]
    public void Idle_time_counts_from_the_last_use_and_a_look_is_none()
    {
        Run("SET k value");
        Server.AdvanceTime(5000);
        foreach (var look in new[] { "TYPE k", "EXISTS k", "TTL k", "OBJECT ENCODING k" }) Run(look);
        Assert.That(Run("OBJECT IDLETIME k"), Is.AnyOf(":5", ":6"));
        Run("GET k");
        Assert.That(Run("OBJECT IDLETIME k"), Is.EqualTo(":0"));
        Server.AdvanceTime(5000);
        Run("TOUCH k");
        Assert.That(Run("OBJECT IDLETIME k"), Is.EqualTo(":0"));
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo($"-ERR An LFU maxmemory policy is not selected, access frequency not tracked. {Note}"));
    }

    [Test]
    public void Overwriting_is_a_use_and_not_a_new_key()
    {
        Run("CONFIG SET maxmemory-policy allkeys-lfu");
        Run("SET k value");
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo(":5"));
        Run("SET k other");
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo(":6"));
        Run("RENAME k l");
        Assert.That(Run("OBJECT FREQ l"), Is.EqualTo(":5"), "under another name it is new");
        Assert.That(Run("OBJECT IDLETIME l"), Is.EqualTo($"-ERR An LFU maxmemory policy is selected, idle time not tracked. {Note}"));
    }

    [Test]
    public void Frequency_falls_while_nobody_uses_the_key()
    {
        Run("CONFIG SET maxmemory-policy volatile-lfu lfu-decay-time 2 lfu-log-factor 0");
        Run("SET k value");
        for (var i = 0; i < 10; i++) Run("GET k");
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo(":15"), "with a factor of 0 each use counts");
        Server.AdvanceTime(6 * 60_000);
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo(":12"));
        Server.AdvanceTime(60 * 60_000);
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo(":0"));
        Run("CONFIG SET lfu-decay-time 0");
        Assert.That(Run("OBJECT FREQ k"), Is.EqualTo(":15"));
    }

    [Test]
    public void A_session_that_leaves_no_trace_makes_no_key_fresher_but_by_touch([Values("noeviction", "allkeys-lfu")] string policy)
    {
        Run($"CONFIG SET maxmemory-policy {policy}");
        Run("SET k value");
        Server.AdvanceTime(5000);
        Server.Client.Served!.LeavesNoTrace = true;
        var property = policy == "allkeys-lfu" ? "FREQ" : "IDLETIME";
        var before = Run($"OBJECT {property} k");
        Run("GET k");
        Run("APPEND k x");
        Run("SET k y");
        Assert.That(Run($"OBJECT {property} k"), Is.EqualTo(before));
        Server.Connect().Run("GET", "other");
        Run("TOUCH k");
        Assert.That(Run($"OBJECT {property} k"), Is.Not.EqualTo(before));
    }

    [TestCase("OBJECT", "-ERR wrong number of arguments for 'object' command"), TestCase("OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command")]
    [TestCase("OBJECT NOPE k", "-ERR unknown subcommand 'NOPE'. Try OBJECT HELP.")]
    public void What_it_does_not_know_is_refused(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));
}
