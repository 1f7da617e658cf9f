namespace Carnelian;

/// <summary>
/// Declares directives whose value nobody reads yet: each keeps its own. One line per directive, as in a table.
/// </summary>
internal sealed class StoredDirectives(DirectiveRegistry registry)
{
    private const DirectiveFlags Stored = DirectiveFlags.Unimplemented;

    public void Flag(string name, bool defaultValue, DirectiveFlags flags = 0, string? alias = null, Func<string?>? apply = null)
    {
        var stored = defaultValue;
        registry.Flag(name, defaultValue, () => stored, v => stored = v, alias, flags | Stored, apply: apply);
    }

    public void Integer(
        string name, long defaultValue, long min, long max, DirectiveFlags flags = 0, string? alias = null, Func<string?>? apply = null)
    {
        var stored = defaultValue;
        registry.Integer(name, defaultValue, min, max, () => stored, v => stored = v, alias, flags | Stored, apply: apply);
    }

    public void Memory(string name, long defaultValue, ulong min, ulong max, DirectiveFlags flags = 0, string? alias = null)
    {
        var stored = (ulong)defaultValue;
        registry.Memory(name, stored, min, max, () => stored, v => stored = v, alias, flags | Stored);
    }

    public void MemoryOrUnlimited(string name, long defaultValue, DirectiveFlags flags = 0)
    {
        var stored = defaultValue;
        registry.Add(new MemoryOrUnlimitedDirective(name, defaultValue, () => stored, v => stored = v) { Flags = flags | Stored });
    }

    /// <param name="defaultValue">Null: so is what is empty.</param>
    public void Text(
        string name, string? defaultValue, DirectiveFlags flags = 0, string? alias = null, Func<string, string?>? validate = null, Func<string?>? apply = null)
    {
        var stored = defaultValue;
        if (defaultValue is null)
        {
            registry.OptionalText(name, () => stored, v => stored = v, alias, flags | Stored, v => v is null ? null : validate?.Invoke(v), apply);
            return;
        }
        registry.Text(name, defaultValue, () => stored!, v => stored = v, alias, flags | Stored, validate, apply);
    }

    public void Bytes(string name, DirectiveFlags flags = 0, string? alias = null)
    {
        byte[]? stored = null;
        registry.OptionalBytes(name, () => stored, v => stored = v, flags | Stored, alias: alias);
    }

    /// <param name="words">All that it may be, in the order in which the error names them.</param>
    public void Words(string name, string defaultValue, string words, DirectiveFlags flags = 0)
    {
        var all = words.Split(' ');
        var stored = Array.IndexOf(all, defaultValue);
        registry.Add(new EnumDirective(name, stored, () => stored, v => stored = v, [.. all.Select((word, i) => (word, i))]) { Flags = flags | Stored });
    }

    public void Address(string name, string alias, string portError, DirectiveFlags flags = 0)
    {
        string? stored = null;
        registry.Address(name, () => stored, v => stored = v, portError, alias, flags | Stored);
    }
}
