namespace Carnelian;

/// <summary>What the debugger's client is still to be told: lines, which leave as an array of simple strings.</summary>
internal sealed class DebugLog
{
    private const int UsualLength = 256, LeastLength = 60;

    private const int CharactersMax = 64 << 20;

    private readonly List<string> _lines = [];
    private long _characters;
    private readonly ScriptReplies _resp = new();
    private bool _hasHinted;

    /// <summary>Values and replies are told up to so many bytes; int.MaxValue: all of them.</summary>
    public int LengthMax { get; private set; }

    public void Begin()
    {
        _lines.Clear();
        _characters = 0;
        LengthMax = UsualLength;
        _hasHinted = false;
    }

    /// <param name="length">0: no limit.</param>
    public void Limit(int length)
    {
        // Who asks knows of it.
        _hasHinted = true;
        LengthMax = length == 0 ? int.MaxValue : Math.Max(LeastLength, length);
    }

    /// <summary>What is added is left out.</summary>
    public bool IsFull => _characters > CharactersMax;

    /// <summary>Adds a line, unless there is already more than anybody reads.</summary>
    public void Add(string line)
    {
        if (IsFull) return;
        _lines.Add(line);
        _characters += line.Length;
        if (IsFull) _lines.Add("<hint> What follows is left out.");
    }

    /// <summary>Adds a line of which the beginning may do. The first time something is left out that is said.</summary>
    public void AddTrimmed(string line)
    {
        if (line.Length <= LengthMax)
        {
            Add(line);
            return;
        }
        Add(line[..LengthMax] + " ...");
        if (!_hasHinted) Add("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.");
        _hasHinted = true;
    }

    /// <summary>Tells all that has been added.</summary>
    public void SendTo(Dialog dialog)
    {
        _resp.Begin();
        var reply = new ReplyWriter(_resp, RespVersion.Resp2);
        reply.Array(_lines.Count);
        foreach (var line in _lines) reply.Simple(line);
        reply.Flush();
        _lines.Clear();
        _characters = 0;
        dialog.Tell(_resp.Span);
    }
}
