namespace Carnelian.Tests;

/// <summary>
/// Scenarios are played to Carnelian and its replies compared with recorded ones of Redis. With CARNELIAN_RECORD=1 they
/// are recorded afresh, and the test prints what changed.
/// </summary>
public class RecordedRepliesTests
{
    private const string Product = "redis";

    private static readonly string _folder = Path.Combine(ReferenceServer.SourceRoot(), "tests", "Carnelian.Compatibility.Tests", "Scenarios");

    private ReferenceServer? _reference;

    private static IEnumerable<string> Scenarios => Directory.GetFiles(_folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order();

    private static IEnumerable<string> Recordings => Directory.GetFiles(_folder, "*.replies").Select(path => Path.GetFileName(path)).Order();

    [OneTimeTearDown]
    public void StopReference() => _reference?.Dispose();

    [TestCaseSource(nameof(Recordings))]
    public void Carnelian_replies_as_recorded(string recordingName)
    {
        using var candidate = Candidate.Open();
        if (candidate is null) Skip.Because(Candidate.Reason);
        var recording = Recording.Load(Path.Combine(_folder, recordingName));
        var scenario = Scenario.Load(Path.Combine(_folder, recordingName.Split('.')[0] + ".txt"));
        AssertSame(recording, Recording.Play(scenario, candidate, "carnelian"), scenario);
    }

    /// <summary>Proves that a recording is up to date and that its scenario gives the same replies each time.</summary>
    [TestCaseSource(nameof(Scenarios))]
    public void Reference_server_replies_as_recorded(string name)
    {
        _reference ??= ReferenceServer.Start(Product);
        using var target = new TcpTarget("127.0.0.1", _reference.Port);
        var scenarioPath = Path.Combine(_folder, name + ".txt");
        var path = Recording.PathFor(scenarioPath, _reference.Name);
        var scenario = Scenario.Load(scenarioPath);
        var now = Recording.Play(scenario, target, _reference.Name);
        if (Environment.GetEnvironmentVariable("CARNELIAN_RECORD") == "1")
        {
            PrintChanges(path, now);
            now.Save(path);
        }
        if (!File.Exists(path) && Recordings.Any(file => file.StartsWith(name + ".", StringComparison.Ordinal)))
            Skip.Because($"replies are recorded of another version than {_reference.Name}, which is all that Debian has now");
        Assert.That(path, Does.Exist, "not recorded yet: run with CARNELIAN_RECORD=1");
        AssertSame(Recording.Load(path), now, scenario);
    }

    private static void AssertSame(Recording recorded, Recording now, Scenario scenario)
    {
        var differences = recorded.DifferencesTo(now, scenario);
        if (differences.Count > 0) Assert.Fail($"{differences.Count} of {scenario.Steps.Count} steps differ\n{string.Join('\n', differences)}");
    }

    private static void PrintChanges(string path, Recording now)
    {
        var old = File.Exists(path) ? Recording.Load(path).Entries : [];
        foreach (var entry in now.Entries.Except(old)) TestContext.Out.WriteLine($"new: > {entry.Line}\n{entry.Replies}");
        foreach (var entry in old.Except(now.Entries)) TestContext.Out.WriteLine($"old: > {entry.Line}\n{entry.Replies}");
    }
}
