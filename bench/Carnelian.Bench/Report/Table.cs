using System.Text;

namespace Carnelian;

/// <summary>
/// A table that is printed row by row as figures come in, and again as Markdown at the end. A column is as wide as its heading
/// or as told, because later rows are not known when the first is printed.
/// </summary>
internal sealed class Table(string title, string explanation, params (string Heading, int Width)[] columns)
{
    /// <summary>The leading columns that hold words stand to the left, figures to the right.</summary>
    public int WordColumns { get; init; } = 1;

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells)
    {
        if (cells.Length != columns.Length)
            throw new ArgumentException($"{cells.Length} cells for {columns.Length} columns");
        if (_rows.Count == 0)
        {
            Console.WriteLine();
            Console.WriteLine(title);
            Console.WriteLine(Aligned(columns.Select(c => c.Heading).ToArray()));
        }
        _rows.Add(cells);
        Console.WriteLine(Aligned(cells));
    }

    public void WriteMarkdown(StringBuilder text)
    {
        if (_rows.Count == 0)
            return;
        text.Append($"## {title}\n\n{explanation}\n\n");
        text.Append($"| {string.Join(" | ", columns.Select(c => c.Heading))} |\n");
        text.Append($"|{string.Concat(columns.Select((_, i) => i < WordColumns ? " --- |" : " ---: |"))}\n");
        foreach (var row in _rows)
            text.Append($"| {string.Join(" | ", row)} |\n");
        text.Append('\n');
    }

    private string Aligned(string[] cells)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var width = Math.Max(columns[i].Width, columns[i].Heading.Length);
            line.Append(i < WordColumns ? cells[i].PadRight(width) : cells[i].PadLeft(width)).Append("  ");
        }
        return line.ToString().TrimEnd();
    }
}
