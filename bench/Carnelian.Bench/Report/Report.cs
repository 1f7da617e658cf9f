using System.Text;

namespace Carnelian;

/// <summary>What a run found: the machine, the versions, a table per group, and what failed.</summary>
internal sealed class Report(Options options, IReadOnlyList<ServerProgram> programs)
{
    private readonly List<Table> _tables = [];
    private readonly List<string> _failures = [];
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    public bool HasFailures => _failures.Count > 0;

    public Table Begin(Table table)
    {
        _tables.Add(table);
        return table;
    }

    public void Fail(string server, string what, string why)
    {
        var line = $"{what}, {server}: {why}";
        // Ten starts that fail alike are one finding.
        if (_failures.Contains(line))
            return;
        _failures.Add(line);
        Console.WriteLine($"FAILED {line}");
    }

    public void PrintHead()
    {
        foreach (var line in Head())
            Console.WriteLine(line);
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder("# Results\n\n");
        text.Append("Written by `bench/Carnelian.Bench`. A ratio (×) is the candidate's figure over that of the server in its row.\n\n");
        foreach (var line in Head())
            text.Append("- ").Append(line).Append('\n');
        text.Append($"- took {(DateTimeOffset.UtcNow - _started).TotalMinutes:0} minutes\n\n");
        foreach (var table in _tables)
            table.WriteMarkdown(text);
        if (HasFailures)
            text.Append("## Failed\n\n").AppendJoin('\n', _failures.Select(f => "- " + f)).Append('\n');
        return text.ToString().TrimEnd() + "\n";
    }

    private IEnumerable<string> Head()
    {
        yield return $"date: {_started:yyyy-MM-dd HH:mm} UTC";
        yield return $"machine: {Machine.Describe()}";
        yield return $"load: {(options.Full ? "full" : "small")}, rounds: {options.Rounds}"
            + (options.Only.Count == 0 ? "" : $", only: {string.Join(", ", options.Only)}");
        foreach (var program in programs)
            yield return $"{program.Name}: {program.Version}";
    }
}
