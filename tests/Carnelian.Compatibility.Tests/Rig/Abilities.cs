using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// Commands and directives that a server has, asked once. What the recorded server has and this one has not yet, its
/// scenarios wait for: block by block, they are left out of the comparison until it is there.
/// </summary>
internal sealed class Abilities
{
    private readonly HashSet<string> _commands = [], _containers = [], _directives = [];

    public Abilities(IScenarioTarget target)
    {
        foreach (var command in Ask(target, "*1\r\n$7\r\nCOMMAND\r\n"u8))
        {
            _commands.Add(Text(command.Items![0]));
            foreach (var subcommand in command.Items[9].Items!)
            {
                _containers.Add(Text(command.Items[0]));
                _commands.Add(Text(subcommand.Items![0]));
            }
        }
        foreach (var pair in Ask(target, "*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n"u8).Chunk(2)) _directives.Add(Text(pair[0]));
    }

    /// <summary>The steps whose blocks wait for nothing; the rest by line and reason.</summary>
    public Scenario Select(Scenario scenario, Recording recording, out List<string> waiting)
    {
        waiting = [];
        var steps = new List<Scenario.Step>();
        foreach (var block in scenario.Steps.Zip(recording.Entries).GroupBy(pair => pair.First.Block))
        {
            var missing = block.SelectMany(pair => MissingFor(pair.First.Words, pair.Second.Replies)).Distinct().ToList();
            if (missing.Count == 0) steps.AddRange(block.Select(pair => pair.First));
            else waiting.Add($"{scenario.Name}.txt, line {block.First().First.LineNumber}, {block.Count()} steps wait for {string.Join(", ", missing)}");
        }
        return scenario.With(steps);
    }

    /// <summary>A command that the recorded server does not know either is nothing to wait for.</summary>
    private IEnumerable<string> MissingFor(string[] words, string recorded)
    {
        if (words.Length == 0 || recorded.StartsWith("-ERR unknown command", StringComparison.Ordinal)) return [];
        var command = words[0].ToLowerInvariant();
        if (!_commands.Contains(command)) return [command.ToUpperInvariant()];
        if (words.Length == 1 || !_containers.Contains(command) || recorded.StartsWith("-ERR unknown subcommand", StringComparison.Ordinal)) return [];
        var subcommand = words[1].ToLowerInvariant();
        if (!_commands.Contains($"{command}|{subcommand}")) return [$"{command} {subcommand}".ToUpperInvariant()];
        if (command == "command") return CommandsAskedFor(subcommand, words, recorded).Where(name => !_commands.Contains(name)).Select(name => name.ToUpperInvariant());
        var directives = (command, subcommand) switch
        {
            ("config", "get") => recorded.Split('\n').Skip(1).Where((_, i) => i % 2 == 0).Select(line => line.Trim(' ', '"')),
            ("config", "set") when !recorded.StartsWith("-ERR Unknown option", StringComparison.Ordinal) => words.Skip(2).Where((_, i) => i % 2 == 0),
            _ => [],
        };
        return directives.Select(name => name.ToLowerInvariant()).Where(name => name.Length > 0 && !_directives.Contains(name));
    }

    /// <summary>Those that the recorded server knows.</summary>
    private static IEnumerable<string> CommandsAskedFor(string subcommand, string[] words, string recorded) => subcommand switch
    {
        "info" or "docs" => words.Skip(2).Select(name => name.ToLowerInvariant()).Where(name => recorded.Contains($"\"{name}\"", StringComparison.OrdinalIgnoreCase)),
        "getkeys" or "getkeysandflags" when words.Length > 2 && !recorded.StartsWith("-ERR Invalid command", StringComparison.Ordinal) => [words[2].ToLowerInvariant()],
        _ => [],
    };

    private static Reply[] Ask(IScenarioTarget target, ReadOnlySpan<byte> request) => Reply.Read(target.Exchange(-1, request, 1).Replies, out _)!.Items!;

    private static string Text(Reply reply) => Encoding.ASCII.GetString(reply.Text!).ToLowerInvariant();
}
