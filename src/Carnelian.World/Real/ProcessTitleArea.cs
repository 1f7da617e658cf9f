using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>
/// The memory in which Linux looks for a process's command line: the arguments, followed by the environment, both laid out
/// by the kernel at start. A longer title reaches into the environment, whose strings are moved away first. Source: the way of
/// setproctitle; proc_pid_stat(5) for the addresses, proc_pid_cmdline(5) for what the kernel shows.
/// </summary>
internal sealed unsafe class ProcessTitleArea
{
    private const int ArgumentsStartField = 48, EnvironmentStartField = 50, EnvironmentEndField = 51;

    // The command's name in parentheses may hold blanks; the fields that can be counted begin behind it with the third.
    private const int FieldsBeforeName = 3;

    private readonly byte* _start;
    private readonly int _bytesMax;

    public ProcessTitleArea()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var start = Field(ArgumentsStartField);
        var end = Field(EnvironmentStartField);
        if (start == 0 || end <= start) return;
        if (MoveEnvironment()) end = Math.Max(end, Field(EnvironmentEndField));
        _start = (byte*)start;
        _bytesMax = (int)Math.Min(end - start, int.MaxValue);

        ulong Field(int number) => ulong.Parse(fields[number - FieldsBeforeName], CultureInfo.InvariantCulture);
    }

    public void Write(string title)
    {
        if (_bytesMax == 0) return;
        var bytes = Encoding.UTF8.GetBytes(title);
        var area = new Span<byte>(_start, _bytesMax);
        area.Clear();
        bytes.AsSpan(0, Math.Min(bytes.Length, _bytesMax - 1)).CopyTo(area);
    }

    /// <summary>Gives each variable its own value again, which the C library keeps in memory of its own.</summary>
    private static bool MoveEnvironment()
    {
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (Libc.setenv((string)variable.Key, (string?)variable.Value ?? "", 1) != 0) return false;
        }
        return true;
    }
}
