using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// The change log as Redis writes its append-only file: requests as RESP arrays, SELECT where the database changes, several
/// records of one unit between MULTI and EXEC (aof.c, feedAppendOnlyFile; server.c, propagatePendingCommands).
/// </summary>
internal sealed class AppendOnlyText : IChangeSink
{
    private readonly StringBuilder _text = new();
    private int _database = -1;

    public ChangeTargets Targets => ChangeTargets.AppendOnlyFile;

    /// <summary>Latin-1: one character per byte.</summary>
    public string Text => _text.ToString();

    /// <summary>One line per request, its arguments divided by blanks.</summary>
    public string[] Lines => Read(Text);

    public void Take(ChangeReader changes, long offset)
    {
        while (changes.Next())
        {
            if (!changes.ContinuesUnit && changes.MoreOfUnit) Write("MULTI");
            if (changes.Database != _database) Write("SELECT", $"{_database = changes.Database}");
            _text.Append($"*{changes.Count}\r\n");
            foreach (var argument in changes.Arguments) Write(argument);
            if (changes.ContinuesUnit && !changes.MoreOfUnit) Write("EXEC");
        }
    }

    private void Write(params string[] arguments)
    {
        _text.Append($"*{arguments.Length}\r\n");
        foreach (var argument in arguments) Write(Encoding.Latin1.GetBytes(argument));
    }

    private void Write(ReadOnlySpan<byte> argument) => _text.Append($"${argument.Length}\r\n").Append(Encoding.Latin1.GetString(argument)).Append("\r\n");

    /// <summary>The requests of an append-only file, each in one line.</summary>
    public static string[] Read(string text)
    {
        var lines = new List<string>();
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(text);
        while (!rest.IsEmpty)
        {
            var request = RespValue.Read(rest, out var length) ?? throw new FormatException("the last request is cut");
            lines.Add(string.Join(' ', request.Items.Select(item => Encoding.Latin1.GetString(item.Bytes))));
            rest = rest[length..];
        }
        return [.. lines];
    }
}
