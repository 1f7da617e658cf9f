using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

/// <summary>What a server replied to a scenario, as a text file: for every step its line behind "> ", then the replies.</summary>
internal sealed class Recording(string server, List<Recording.Entry> entries)
{
    public sealed record Entry(string Line, string Replies);

    /// <summary>Name and version of the server: "redis-8.0.6".</summary>
    public string Server { get; } = server;

    public IReadOnlyList<Entry> Entries { get; } = entries;

    public static string PathFor(string scenarioPath, string server) => Path.ChangeExtension(scenarioPath, $".{server}.replies");

    public static Recording Load(string path)
    {
        var server = Path.GetFileNameWithoutExtension(path);
        server = server[(server.IndexOf('.') + 1)..];
        var entries = new List<Entry>();
        foreach (var block in File.ReadAllText(path).Split("\n> ").Skip(1))
        {
            var end = block.IndexOf('\n');
            var replies = block[(end + 1)..].TrimEnd('\n');
            entries.Add(new(block[..end], replies.Length > 0 ? replies + "\n" : ""));
        }
        return new(server, entries);
    }

    public void Save(string path)
    {
        var text = new StringBuilder($"Replies of {Server}\n");
        foreach (var entry in Entries) text.Append("\n> ").Append(entry.Line).Append('\n').Append(entry.Replies);
        File.WriteAllText(path, text.ToString());
    }

    /// <summary>Plays the scenario, each block to an empty server.</summary>
    public static Recording Play(Scenario scenario, IScenarioTarget target, string server)
    {
        var entries = new List<Entry>();
        var block = -1;
        foreach (var step in scenario.Steps)
        {
            if (step.Block != block)
            {
                block = step.Block;
                target.Disconnect();
                target.Exchange(-1, "*1\r\n$8\r\nFLUSHALL\r\n"u8, 1);
            }
            if (step.WaitMs > 0) target.Wait(step.WaitMs);
            try
            {
                var (bytes, closed) = target.Exchange(step.Connection, step.Request, step.Replies);
                entries.Add(new(step.Line, Text(bytes, step) + (closed ? "(closed)\n" : "")));
            }
            catch (Exception e) when (e is TimeoutException or FormatException)
            {
                throw new AssertionException($"{scenario.Name}.txt, line {step.LineNumber}: {step.Line}\n{e.Message}", e);
            }
        }
        return new(server, entries);
    }

    /// <summary>The part that was recorded of these steps, which are some of a scenario that this is up to date with.</summary>
    public Recording Of(Scenario whole, Scenario part) => new(Server, [.. whole.Steps.Zip(Entries).Where(pair => part.Steps.Contains(pair.First)).Select(pair => pair.Second)]);

    /// <summary>Steps whose replies are not those of this recording: one paragraph for each.</summary>
    public List<string> DifferencesTo(Recording other, Scenario scenario)
    {
        var differences = new List<string>();
        for (var i = 0; i < scenario.Steps.Count; i++)
        {
            var (step, expected, actual) = (scenario.Steps[i], Entries.ElementAtOrDefault(i), other.Entries[i]);
            if (expected?.Line != step.Line)
            {
                differences.Add($"{scenario.Name}.txt, line {step.LineNumber}: changed since its replies were recorded; record again");
                break;
            }
            if (expected.Replies == actual.Replies || WithinTolerance(expected.Replies, actual.Replies, step.Within)) continue;
            differences.Add($"{scenario.Name}.txt, line {step.LineNumber}: {step.Line}\n{Server}:\n{expected.Replies}{other.Server}:\n{actual.Replies}");
        }
        if (Entries.Count > scenario.Steps.Count) differences.Add($"{scenario.Name}: the recording has more steps; record again");
        return differences;
    }

    public void AssertSame(Recording other, Scenario scenario)
    {
        var differences = DifferencesTo(other, scenario);
        if (differences.Count > 0) Assert.Fail($"{differences.Count} of {scenario.Steps.Count} steps differ\n{string.Join('\n', differences)}");
    }

    private static string Text(ReadOnlySpan<byte> bytes, Scenario.Step step)
    {
        var text = new StringBuilder();
        while (Reply.Read(bytes, out var length) is { } reply)
        {
            text.Append(step.Compare(reply));
            bytes = bytes[length..];
        }
        if (bytes.Length > 0) text.Append("(torn reply)\n");
        return text.ToString();
    }

    private static bool WithinTolerance(string expected, string actual, int tolerance) =>
        tolerance > 0 && Integer(expected) is { } a && Integer(actual) is { } b && Math.Abs(a - b) <= tolerance;

    private static long? Integer(string reply) =>
        reply.StartsWith(':') && long.TryParse(reply.AsSpan(1).TrimEnd('\n'), CultureInfo.InvariantCulture, out var value) ? value : null;
}
