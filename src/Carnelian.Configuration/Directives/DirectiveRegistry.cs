using System.Diagnostics.CodeAnalysis;

namespace Carnelian;

/// <summary>
/// All directives of one server. Each project declares its own; declaring assigns the default, so that it is
/// written down once. What CONFIG GET, SET and REWRITE say is decided here, in the words of Redis 8.0.6.
/// </summary>
public sealed class DirectiveRegistry
{
    private readonly record struct Entry(string Name, Directive Directive);

    // In the order of declaration, an alias behind its directive: the order of CONFIG GET.
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, Entry> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, FileStatement> _statements = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Told when CONFIG SET is undone, and when that fails too. A line for the log.</summary>
    public Action<string>? Warning { get; set; }

    /// <summary>Whether declaring a directive gives its option the default. Not where an embedding program has set the options.</summary>
    public bool AssignsDefaults { get; init; } = true;

    public IEnumerable<Directive> Directives => _entries.Where(entry => entry.Name == entry.Directive.Name).Select(entry => entry.Directive);

    public IEnumerable<FileStatement> Statements => _statements.Values;

    public Directive? Find(string name) => _byName.TryGetValue(name, out var entry) ? entry.Directive : null;

    public FileStatement? FindStatement(string name) => _statements.GetValueOrDefault(name);

    public void Add(FileStatement statement) => _statements.Add(statement.Name, statement);

    public Directive Add(Directive directive)
    {
        AddEntry(new(directive.Name, directive));
        if (directive.Alias is not null) AddEntry(new(directive.Alias, directive));
        return directive;
    }

    public Directive Flag(
        string name, bool defaultValue, Func<bool> get, Action<bool> set,
        string? alias = null, DirectiveFlags flags = 0, Func<bool, string?>? validate = null, Func<string?>? apply = null) =>
        AddWithDefault(new FlagDirective(name, defaultValue, get, set) { Alias = alias, Flags = flags, Validate = validate, Apply = apply });

    public Directive Integer(
        string name, long defaultValue, long min, long max, Func<long> get, Action<long> set,
        string? alias = null, DirectiveFlags flags = 0, Func<long, string?>? validate = null, Func<string?>? apply = null) =>
        AddWithDefault(new IntegerDirective(name, defaultValue, min, max, get, set) { Alias = alias, Flags = flags, Validate = validate, Apply = apply });

    public Directive Octal(
        string name, int defaultValue, int max, Func<int> get, Action<int> set, DirectiveFlags flags = 0, Func<string?>? apply = null) =>
        AddWithDefault(new OctalDirective(name, defaultValue, max, get, set) { Flags = flags, Apply = apply });

    public Directive Memory(
        string name, ulong defaultValue, ulong min, ulong max, Func<ulong> get, Action<ulong> set,
        string? alias = null, DirectiveFlags flags = 0, Func<ulong, string?>? validate = null, Func<string?>? apply = null) =>
        AddWithDefault(new MemoryDirective(name, defaultValue, min, max, get, set) { Alias = alias, Flags = flags, Validate = validate, Apply = apply });

    /// <summary>A negative value is a percentage: -10 is 10%.</summary>
    public Directive MemoryOrPercent(
        string name, long defaultValue, Func<long> get, Action<long> set, DirectiveFlags flags = 0, Func<string?>? apply = null) =>
        AddWithDefault(new MemoryOrPercentDirective(name, defaultValue, get, set) { Flags = flags, Apply = apply });

    /// <summary>Text that may be empty.</summary>
    public Directive Text(
        string name, string defaultValue, Func<string> get, Action<string> set,
        string? alias = null, DirectiveFlags flags = 0, Func<string, string?>? validate = null, Func<string?>? apply = null) =>
        AddWithDefault(new TextDirective(name, defaultValue, get, value => set(value!))
        {
            Alias = alias,
            Flags = flags,
            Validate = validate is null ? null : value => validate(value!),
            Apply = apply,
        });

    /// <summary>Text that is null when empty, and by default.</summary>
    public Directive OptionalText(
        string name, Func<string?> get, Action<string?> set,
        string? alias = null, DirectiveFlags flags = 0, Func<string?, string?>? validate = null, Func<string?>? apply = null) =>
        AddWithDefault(new TextDirective(name, null, get, set) { Alias = alias, Flags = flags, Validate = validate, Apply = apply });

    /// <summary>Bytes, such as a password; null when empty, and by default.</summary>
    public Directive OptionalBytes(
        string name, Func<byte[]?> get, Action<byte[]?> set, DirectiveFlags flags = 0, string? alias = null, Func<string?>? apply = null) =>
        AddWithDefault(new BytesDirective(name, get, set) { Alias = alias, Flags = flags, Apply = apply });

    /// <summary>One word of a table; with <see cref="DirectiveFlags.MultiArgument"/> several, whose values are bits.</summary>
    public Directive Enum<T>(
        string name, T defaultValue, (string Word, T Value)[] words, Func<T> get, Action<T> set,
        DirectiveFlags flags = 0, Func<T, string?>? validate = null, Func<string?>? apply = null)
        where T : struct, Enum
    {
        return AddWithDefault(new EnumDirective(name, ToInt(defaultValue), () => ToInt(get()), value => set(FromInt(value)),
            Array.ConvertAll(words, word => (word.Word, ToInt(word.Value))))
        {
            Flags = flags,
            Validate = validate is null ? null : value => validate(FromInt(value)),
            Apply = apply,
        });

        static int ToInt(T value) => Convert.ToInt32(value);
        static T FromInt(int value) => (T)System.Enum.ToObject(typeof(T), value);
    }

    /// <summary>
    /// CONFIG GET: names and values of what the patterns match, each once. A name without wildcards is looked up and
    /// shown as it was asked for; patterns do not see hidden directives.
    /// </summary>
    public List<KeyValuePair<string, string>> Get(ReadOnlySpan<string> patterns)
    {
        var found = new List<KeyValuePair<string, string>>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pattern in patterns)
        {
            var bytes = ByteText.ToBytes(pattern);
            if (!GlobPattern.IsPattern(bytes))
            {
                if (Find(pattern) is { } directive && seen.Add(pattern)) found.Add(new(pattern, directive.Get()));
                continue;
            }
            foreach (var entry in _entries)
            {
                if (entry.Directive.Has(DirectiveFlags.Hidden) || !GlobPattern.Matches(bytes, ByteText.ToBytes(entry.Name), ignoreCase: true)) continue;
                if (seen.Add(entry.Name)) found.Add(new(entry.Name, entry.Directive.Get()));
            }
        }
        return found;
    }

    /// <summary>
    /// CONFIG SET: all of the pairs or none. First every value is set, then what changed is applied; a failure anywhere
    /// gives all of them their old values back, the last one first.
    /// </summary>
    /// <param name="pairs">Names and values by turns.</param>
    /// <param name="allowProtected">Whether this client may change protected directives.</param>
    /// <returns>Null, or the error reply without its leading dash.</returns>
    public string? Set(ReadOnlySpan<string> pairs, bool loading = false, bool allowProtected = false)
    {
        if (pairs.Length % 2 != 0) return "ERR syntax error";
        var count = pairs.Length / 2;
        var targets = new List<Entry>(count);
        for (var i = 0; i < count; i++)
        {
            if (!TryTarget(pairs[2 * i], targets, loading, allowProtected, out var error)) return error;
        }

        var old = targets.ConvertAll(target => target.Directive.Get());
        var changed = new List<Entry>(count);
        for (var i = 0; i < count; i++)
        {
            var result = SetText(targets[i].Directive, pairs[2 * i + 1]);
            if (!result.Ok)
            {
                Restore(targets, old, i - 1);
                return Failure(targets[i].Name, result.Error);
            }
            if (result.Changed) changed.Add(targets[i]);
        }
        return ApplyAll(changed, out var failed) is { } reason ? Undo(targets, old, changed, failed, reason) : null;
    }

    /// <summary>One CONFIG SET value; that of a directive with several arguments is split at each single space.</summary>
    private static SetResult SetText(Directive directive, string value)
    {
        if (!directive.Has(DirectiveFlags.MultiArgument)) return directive.Set([value]);
        return directive.Set(value.Length == 0 ? [] : value.Split(' '));
    }

    private static string Failure(string name, string? reason) => $"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}";

    private bool TryTarget(string name, List<Entry> targets, bool loading, bool allowProtected, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (!_byName.TryGetValue(name, out var entry))
            error = $"ERR Unknown option or number of arguments for CONFIG SET - '{name.Split('\0')[0]}'";
        else if (entry.Directive.Has(DirectiveFlags.Immutable))
            error = Failure(name, "can't set immutable config");
        else if (entry.Directive.Has(DirectiveFlags.Protected) && !allowProtected)
            error = Failure(name, "can't set protected config");
        else if (loading && entry.Directive.Has(DirectiveFlags.DenyLoading))
            error = "LOADING Redis is loading the dataset in memory";
        else if (targets.Contains(entry))
            error = Failure(name, "duplicate parameter");
        else
            targets.Add(entry);
        return error is null;
    }

    private static string? ApplyAll(List<Entry> changed, out Entry failed)
    {
        var applied = new HashSet<Func<string?>>();
        foreach (var entry in changed)
        {
            failed = entry;
            if (entry.Directive.Apply is { } apply && applied.Add(apply) && apply() is { } error) return error;
        }
        failed = default;
        return null;
    }

    private string Undo(List<Entry> targets, List<string> old, List<Entry> changed, Entry failed, string reason)
    {
        Warning?.Invoke($"Failed applying new configuration. Possibly related to new {failed.Name} setting. Restoring previous settings.");
        Restore(targets, old, targets.Count - 1);
        if (ApplyAll(changed, out _) is { } error) Warning?.Invoke($"Failed applying restored failed CONFIG SET command: {error}");
        return Failure(failed.Name, reason);
    }

    private void Restore(List<Entry> targets, List<string> old, int last)
    {
        for (var i = last; i >= 0; i--)
        {
            var result = SetText(targets[i].Directive, old[i]);
            if (result.Ok) continue;
            var shown = targets[i].Directive.Has(DirectiveFlags.Sensitive) ? "(redacted)" : ByteText.ToShown(old[i]);
            Warning?.Invoke($"Failed restoring failed CONFIG SET command. Error setting {targets[i].Name} to '{shown}': {result.Error}");
        }
    }

    private Directive AddWithDefault<T>(ValueDirective<T> directive)
    {
        if (AssignsDefaults) directive.SetDefault();
        return Add(directive);
    }

    private void AddEntry(Entry entry)
    {
        Check.That(_byName.TryAdd(entry.Name, entry));
        _entries.Add(entry);
    }
}
