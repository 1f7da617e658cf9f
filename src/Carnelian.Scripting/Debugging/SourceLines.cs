namespace Carnelian;

/// <summary>The text of a script that is debugged, line by line, with what is marked in it.</summary>
internal sealed class SourceLines
{
    public const int BreakpointsMax = 64;

    /// <summary>Of a line.</summary>
    private const int ShownMax = 1 << 16;

    private readonly string[] _lines;
    private readonly List<int> _breakpoints = [];

    public SourceLines(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd("\r\n"u8);
        _lines = text.IsEmpty ? [] : ByteText.FromBytes(text).Split('\n');
    }

    /// <summary>The line that is about to run, from 1.</summary>
    public int Current { get; set; }

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<int> Breakpoints => _breakpoints;

    public bool IsBreakpoint(int line) => _breakpoints.Contains(line);

    /// <summary>False: there is no such line, or it has one.</summary>
    public bool TryAddBreakpoint(long line)
    {
        if (line <= 0 || line > _lines.Length || IsBreakpoint((int)line)) return false;
        _breakpoints.Add((int)line);
        return true;
    }

    /// <summary>Whether there was one.</summary>
    public bool RemoveBreakpoint(long line) => line <= int.MaxValue && _breakpoints.Remove((int)line);

    public void RemoveBreakpoints() => _breakpoints.Clear();

    /// <summary>A line with its number, behind an arrow if it is the current one, and a # if there is a breakpoint.</summary>
    public string Show(int line)
    {
        var text = line > 0 && line <= _lines.Length ? _lines[line - 1] : "<out of range source code line>";
        var end = text.IndexOf('\0', 0, Math.Min(text.Length, ShownMax));
        return $"{(line == Current ? "->" : "  ")}{(IsBreakpoint(line) ? '#' : ' ')}{line,-3} {text[..(end < 0 ? Math.Min(text.Length, ShownMax) : end)]}";
    }

    /// <summary>A line, and so many before and behind it.</summary>
    public IEnumerable<string> Around(int line, int context)
    {
        for (var i = 1; i <= _lines.Length; i++)
        {
            if (Math.Abs((long)line - i) <= context) yield return Show(i);
        }
    }
}
