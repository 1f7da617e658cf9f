namespace Carnelian;

/// <summary>
/// Declares directives whose value nobody reads yet: each keeps its own. One line per directive, as in a table.
/// </summary>
internal sealed class KeptDirectives(DirectiveRegistry registry)
{
    private const DirectiveFlags Kept = DirectiveFlags.NoEffectYet;

    public void Flag(string name, bool defaultValue, DirectiveFlags flags = 0, string? alias = null, Func<string?>? apply = null)
    {
        var kept = defaultValue;
        registry.Flag(name, defaultValue, () => kept, v => kept = v, alias, flags | Kept, apply: apply);
    }

    public void Integer(
        string name, long defaultValue, long min, long max, DirectiveFlags flags = 0, string? alias = null, Func<string?>? apply = null)
    {
        var kept = defaultValue;
        registry.Integer(name, defaultValue, min, max, () => kept, v => kept = v, alias, flags | Kept, apply: apply);
    }

    public void Memory(string name, long defaultValue, ulong min, ulong max, DirectiveFlags flags = 0, string? alias = null)
    {
        var kept = (ulong)defaultValue;
        registry.Memory(name, kept, min, max, () => kept, v => kept = v, alias, flags | Kept);
    }

    public void MemoryOrPercent(string name, long defaultValue, DirectiveFlags flags = 0)
    {
        var kept = defaultValue;
        registry.MemoryOrPercent(name, defaultValue, () => kept, v => kept = v, flags | Kept);
    }

    public void MemoryOrUnlimited(string name, long defaultValue, DirectiveFlags flags = 0)
    {
        var kept = defaultValue;
        registry.Add(new MemoryOrUnlimitedDirective(name, defaultValue, () => kept, v => kept = v) { Flags = flags | Kept });
    }

    /// <param name="defaultValue">Null: so is what is empty.</param>
    public void Text(
        string name, string? defaultValue, DirectiveFlags flags = 0, string? alias = null, Func<string, string?>? validate = null, Func<string?>? apply = null)
    {
        var kept = defaultValue;
        if (defaultValue is null)
        {
            registry.OptionalText(name, () => kept, v => kept = v, alias, flags | Kept, v => v is null ? null : validate?.Invoke(v), apply);
            return;
        }
        registry.Text(name, defaultValue, () => kept!, v => kept = v, alias, flags | Kept, validate, apply);
    }

    public void Bytes(string name, DirectiveFlags flags = 0, string? alias = null)
    {
        byte[]? kept = null;
        registry.OptionalBytes(name, () => kept, v => kept = v, flags | Kept, alias: alias);
    }

    /// <param name="words">All that it may be, in the order in which the error names them.</param>
    public void Words(string name, string defaultValue, string words, DirectiveFlags flags = 0)
    {
        var all = words.Split(' ');
        var kept = Array.IndexOf(all, defaultValue);
        registry.Add(new EnumDirective(name, kept, () => kept, v => kept = v, [.. all.Select((word, i) => (word, i))]) { Flags = flags | Kept });
    }

    public void Address(string name, string alias, string portError, DirectiveFlags flags = 0)
    {
        string? kept = null;
        registry.Address(name, () => kept, v => kept = v, portError, alias, flags | Kept);
    }
}
