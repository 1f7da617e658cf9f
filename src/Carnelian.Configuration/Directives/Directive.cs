namespace Carnelian;

[Flags]
public enum DirectiveFlags
{
    None = 0,

    /// <summary>Given at start-up only: CONFIG SET refuses it.</summary>
    Immutable = 1,

    /// <summary>Takes any number of arguments, and checks how many itself.</summary>
    MultiArgument = 2,

    /// <summary>Its value must not appear in the slow log, MONITOR or the log.</summary>
    Sensitive = 4,

    /// <summary>CONFIG GET shows it under its full name only, not for a pattern.</summary>
    Hidden = 8,

    /// <summary>CONFIG SET refuses it while a dataset is being loaded.</summary>
    DenyLoading = 16,

    /// <summary>CONFIG SET refuses it unless <c>enable-protected-configs</c> lets the client.</summary>
    Protected = 32,

    /// <summary>Setting it to the same value again is a change: it names a file whose content may be new.</summary>
    Volatile = 64,

    /// <summary>Accepted, kept, shown and rewritten, but nothing acts on it yet.</summary>
    Unimplemented = 128,
}

/// <summary>What became of a new value: refused with a reason in Redis' words, taken over, or the same as before.</summary>
public readonly record struct SetResult(string? Error, bool Changed)
{
    public bool Ok => Error is null;

    public static SetResult Success(bool changed = true) => new(null, changed);

    public static implicit operator SetResult(string error) => new(error, false);
}

/// <summary>
/// One configuration option. The value lives in an options object of the project that declares the directive and is
/// reached through delegates; all text is <see cref="ByteText"/>.
/// </summary>
public abstract class Directive(string name)
{
    public const string WrongNumberOfArguments = "wrong number of arguments";

    public string Name { get; } = name;

    /// <summary>An older name that works as well.</summary>
    public string? Alias { get; init; }

    public DirectiveFlags Flags { get; init; }

    /// <summary>
    /// Makes the server act on what CONFIG SET changed (listen on the new port); an error undoes the whole CONFIG SET.
    /// Runs once for all directives of one command that share the delegate. Does not run at start-up.
    /// </summary>
    public Func<string?>? Apply { get; init; }

    public bool Has(DirectiveFlags flag) => (Flags & flag) != 0;

    /// <summary>The value as CONFIG GET shows it.</summary>
    public abstract string Get();

    /// <summary>Reads and checks the arguments, then assigns the value; leaves it as it was when they are wrong.</summary>
    /// <param name="arguments">Exactly one, unless the directive is <see cref="DirectiveFlags.MultiArgument"/>.</param>
    /// <param name="again">
    /// True when an earlier line of the same start-up has set it: directives that may stand on several lines then add.
    /// </param>
    public abstract SetResult Set(ReadOnlySpan<string> arguments, bool again = false);

    /// <summary>Gives the rewriter this directive's lines.</summary>
    public abstract void Rewrite(ConfigurationRewriter rewriter);
}

/// <summary>A directive with one value of a type that compares by value.</summary>
public abstract class ValueDirective<T>(string name, T defaultValue, Func<T> get, Action<T> set) : Directive(name)
{
    /// <summary>The value of a server whose configuration does not name the directive.</summary>
    public T Default { get; } = defaultValue;

    /// <summary>What only the owner can check: an error, or null.</summary>
    public Func<T, string?>? Validate { get; init; }

    protected T Value => get();

    public void SetDefault() => set(Default);

    public override string Get() => Write(Value);

    public override SetResult Set(ReadOnlySpan<string> arguments, bool again = false)
    {
        var error = Read(arguments, out var value) ?? Validate?.Invoke(value);
        if (error is not null) return error;
        var changed = !Same(value, Value);
        if (changed) set(value);
        return SetResult.Success(changed || Has(DirectiveFlags.Volatile));
    }

    public override void Rewrite(ConfigurationRewriter rewriter) =>
        rewriter.Line(Name, $"{Name} {WriteForFile(Value)}", force: !Same(Value, Default));

    /// <returns>An error in Redis' words, or null.</returns>
    protected abstract string? Read(ReadOnlySpan<string> arguments, out T value);

    protected abstract string Write(T value);

    protected virtual string WriteForFile(T value) => Write(value);

    protected virtual bool Same(T a, T b) => EqualityComparer<T>.Default.Equals(a, b);
}
