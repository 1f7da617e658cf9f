using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// A readable file of command lines, quoted as for redis-cli, in blocks divided by blank lines. Each block begins with an
/// empty server and new connections, so that it may be played without the others. There are comments (#) and these
/// instructions, most of them for the next line only:
/// <code>
/// @resp 3                 say HELLO 3 first (stays so in this block)
/// @connection 2           go on with another connection (stays so in this block)
/// @wait 20                let 20 ms pass
/// @unordered              the order of elements means nothing; "@unordered pairs" for a map of RESP2
/// @ignore-value [2 5]     compare the type only, of the whole reply or of these elements
/// @within 50              an integer may differ by as much
/// @replies 3              expect so many replies; "@replies close" takes all until the server closes
/// @raw "..." "..."        send these bytes instead of a command; "@raw 65537 x" sends x so many times
/// </code>
/// </summary>
internal sealed class Scenario
{
    public const int UntilClosed = int.MaxValue;

    private Scenario(string name, IReadOnlyList<Step> steps)
    {
        Name = name;
        Steps = steps;
    }

    public string Name { get; }

    public IReadOnlyList<Step> Steps { get; }

    /// <param name="Block">Number of the step's block, from 0.</param>
    /// <param name="Line">As it stands in the file; names the step in the recording.</param>
    /// <param name="Words">Those of the command; none for raw bytes.</param>
    /// <param name="WaitMs">Time to let pass first.</param>
    /// <param name="Compare">Takes out of a reply what may differ between two runs.</param>
    public sealed record Step(
        int Block, int LineNumber, string Line, string[] Words, byte[] Request, int Connection, int WaitMs, int Replies, int Within, Func<Reply, Reply> Compare);

    public static Scenario Load(string path) => Parse(Path.GetFileNameWithoutExtension(path), File.ReadAllLines(path));

    /// <summary>With some of the steps only.</summary>
    public Scenario With(IEnumerable<Step> steps) => new(Name, [.. steps]);

    public static Scenario Parse(string name, string[] lines)
    {
        var steps = new List<Step>();
        int block = 0, connection = 0;
        var next = NewStep(0, 0);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 && steps.Count > 0 && steps[^1].Block == block) next = NewStep(++block, connection = 0);
            if (line.Length == 0 || line[0] == '#') continue;
            var words = ArgumentSplitter.Split(Encoding.UTF8.GetBytes(line)) ?? throw new FormatException($"{name}, line {i + 1}: unbalanced quotes");
            var word = Encoding.UTF8.GetString(words[0]);
            var arguments = words.Skip(1).Select(Encoding.Latin1.GetString).ToArray();
            switch (word)
            {
                case "@connection":
                    connection = int.Parse(arguments[0]);
                    next = next with { Connection = connection };
                    break;
                case "@wait":
                    next = next with { WaitMs = next.WaitMs + int.Parse(arguments[0]) };
                    break;
                case "@within":
                    next = next with { Within = int.Parse(arguments[0]) };
                    break;
                case "@replies":
                    next = next with { Replies = arguments[0] == "close" ? UntilClosed : int.Parse(arguments[0]) };
                    break;
                case "@unordered":
                    next = next with { Compare = reply => reply.Sorted(pairs: arguments is ["pairs"]) };
                    break;
                case "@ignore-value":
                    next = next with { Compare = reply => reply.Masked(Array.ConvertAll(arguments, int.Parse)) };
                    break;
                default:
                    var request = word switch
                    {
                        "@raw" => Raw(arguments),
                        "@resp" => Command(["HELLO"u8.ToArray(), words[1]]),
                        _ when word.StartsWith('@') => throw new FormatException($"{name}, line {i + 1}: no instruction {word}"),
                        _ => Command(words),
                    };
                    if (word is not ("@raw" or "@resp")) next = next with { Words = [word, .. arguments] };
                    // What HELLO says of the server is for a scenario of its own.
                    steps.Add(next with { LineNumber = i + 1, Line = line, Request = request, Compare = word == "@resp" ? reply => reply.Masked() : next.Compare });
                    next = NewStep(block, connection);
                    break;
            }
        }
        return new(name, steps);
    }

    private static Step NewStep(int block, int connection) => new(block, 0, "", [], [], connection, 0, 1, 0, reply => reply);

    private static byte[] Raw(string[] arguments) => Encoding.Latin1.GetBytes(
        arguments.Length == 2 && int.TryParse(arguments[0], out var count) ? string.Concat(Enumerable.Repeat(arguments[1], count)) : string.Concat(arguments));

    private static byte[] Command(List<byte[]> words)
    {
        var request = new MemoryStream();
        request.Write(Encoding.ASCII.GetBytes($"*{words.Count}\r\n"));
        foreach (var word in words)
        {
            request.Write(Encoding.ASCII.GetBytes($"${word.Length}\r\n"));
            request.Write(word);
            request.Write("\r\n"u8);
        }
        return request.ToArray();
    }
}
