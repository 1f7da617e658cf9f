namespace Carnelian.Tests;

/// <summary>Scenarios are played to Carnelian and its replies compared with recorded ones of Redis.</summary>
public class RecordedRepliesTests
{
    [TestCaseSource(typeof(ScenarioFolder), nameof(ScenarioFolder.Recordings))]
    public void Carnelian_replies_as_recorded(string recordingName)
    {
        using var candidate = Candidate.Open();
        var recording = Recording.Load(ScenarioFolder.PathOf(recordingName));
        var scenario = Scenario.Load(ScenarioFolder.PathOf(recordingName.Split('.')[0] + ".txt"));
        Assert.That(recording.Entries.Select(entry => entry.Line), Is.EqualTo(scenario.Steps.Select(step => step.Line)), "changed since its replies were recorded; record again");
        var part = new Abilities(candidate).Select(scenario, recording, out var waiting);
        TestContext.Out.WriteLine($"{scenario.Name}: {part.Steps.Count} of {scenario.Steps.Count} steps are compared");
        foreach (var block in waiting) TestContext.Out.WriteLine(block);
        Assert.That(part.Steps, Is.Not.Empty);
        recording.Of(scenario, part).AssertSame(Recording.Play(part, candidate, "carnelian"), part);
    }

    /// <summary>A declaration that no scenario asks for could say anything.</summary>
    [Test]
    public void The_declaration_of_every_command_is_compared()
    {
        string[] scenarios = ["command-declarations", "valkey-declarations"];
        var asked = scenarios.SelectMany(name => Scenario.Load(ScenarioFolder.PathOf(name + ".txt")).Steps).Select(step => step.Line).ToHashSet();
        var commands = ServerCommandTable.Shared.All.ToArray();
        // Redis has them since 8.2, 8.6 and 8.10, Valkey not at all.
        string[] later = ["xackdel", "xdelex", "hotkeys", "backup"];
        // Containers show their subcommands, of which some are still to come.
        string[] incomplete = ["acl", "client", "module", "script"];
        Assert.That(commands.Where(command => !incomplete.Contains(command.FullName) && !later.Contains(command.FullName.Split('|')[0]) && !IsAskedFor(command)).Select(command => command.FullName), Is.Empty);

        bool IsAskedFor(Command command) => command.Container is { } container && IsAskedFor(container)
            || asked.Contains($"COMMAND INFO {command.FullName}") && asked.Contains($"COMMAND DOCS {command.FullName}");
    }
}

/// <summary>
/// Proves that recordings are up to date and that scenarios give the same replies each time. With CARNELIAN_RECORD=1
/// they are recorded afresh, and the test prints what changed.
/// </summary>
public class RecordingTests
{
    private readonly Dictionary<string, ReferenceServer> _references = [];

    [OneTimeTearDown]
    public void StopReferences()
    {
        foreach (var reference in _references.Values) reference.Dispose();
    }

    /// <summary>Redis, but for what only Valkey has: scenarios whose names begin with that.</summary>
    private ReferenceServer ReferenceOf(string scenario)
    {
        var product = scenario.StartsWith("valkey-", StringComparison.Ordinal) ? "valkey" : "redis";
        if (!_references.TryGetValue(product, out var reference)) _references.Add(product, reference = ReferenceServer.Start(product, "--enable-debug-command", "yes"));
        return reference;
    }

    [TestCaseSource(typeof(ScenarioFolder), nameof(ScenarioFolder.Scenarios))]
    public void Reference_server_replies_as_recorded(string name)
    {
        var reference = ReferenceOf(name);
        using var target = new TcpTarget("127.0.0.1", reference.Port);
        var scenarioPath = ScenarioFolder.PathOf(name + ".txt");
        var path = Recording.PathFor(scenarioPath, reference.Name);
        var scenario = Scenario.Load(scenarioPath);
        var now = Recording.Play(scenario, target, reference.Name);
        if (Environment.GetEnvironmentVariable("CARNELIAN_RECORD") == "1")
        {
            PrintChanges(path, now);
            now.Save(path);
        }
        if (!File.Exists(path) && ScenarioFolder.Recordings.Any(file => file.StartsWith(name + ".", StringComparison.Ordinal)))
            Skip.Because($"replies are recorded of another version than {reference.Name}, which is all that Debian has now");
        Assert.That(path, Does.Exist, "not recorded yet: run with CARNELIAN_RECORD=1");
        Recording.Load(path).AssertSame(now, scenario);
    }

    private static void PrintChanges(string path, Recording now)
    {
        var old = File.Exists(path) ? Recording.Load(path).Entries : [];
        foreach (var entry in now.Entries.Except(old)) TestContext.Out.WriteLine($"new: > {entry.Line}\n{entry.Replies}");
        foreach (var entry in old.Except(now.Entries)) TestContext.Out.WriteLine($"old: > {entry.Line}\n{entry.Replies}");
    }
}
