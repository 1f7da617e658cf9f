namespace Carnelian;

/// <summary>The error that ends a script, as its table told it while the stack was there.</summary>
internal sealed class UncaughtError
{
    /// <summary>Null: no table has told it.</summary>
    public string? Text { get; private set; }

    /// <summary>"@user_script" and the line there; null: it is not known.</summary>
    private string? _source, _line;

    /// <summary>Statistics have it already.</summary>
    public bool IsCounted { get; private set; }

    public void Clear() => Text = null;

    /// <summary>Reads the table of an error. Fields may come from its metatable.</summary>
    public void Take(LuaCall call, in LuaValue error)
    {
        call.Keep(error);
        Text = TextOf(call.Index(error, FieldNames.Error)) ?? "ERR unknown error";
        _source = TextOf(call.Index(error, FieldNames.Source));
        _line = TextOf(call.Index(error, FieldNames.Line));
        IsCounted = call.Index(error, FieldNames.IsCounted) is { Type: LuaType.Boolean, IsFalse: false };
    }

    /// <summary>An error of the host's, which no handler has seen.</summary>
    public void Set(string text, LuaMachine machine)
    {
        Text = text;
        IsCounted = false;
        (_source, _line) = (null, null);
        for (var level = 0; machine.TryGetInfo(level, out var source, out var line); level++)
        {
            if (line < 0) continue;
            (_source, _line) = (source.ToString(), line.ToString(System.Globalization.CultureInfo.InvariantCulture));
            return;
        }
    }

    /// <summary>The whole error reply.</summary>
    public string Tell(string script) => _source is null || _line is null ? Text! : $"{Text} script: {script}, on {_source}:{_line}.";

    /// <summary>Strings and numbers, up to a NUL.</summary>
    private static string? TextOf(in LuaValue value) => value.TryGetString(out var text) ? ScriptError.Shown(text) : value.IsNumber ? value.ToString() : null;
}
