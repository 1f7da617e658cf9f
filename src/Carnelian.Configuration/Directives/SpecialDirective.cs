namespace Carnelian;

/// <summary>Reads and assigns the arguments of a <see cref="SpecialDirective"/>; see <see cref="Directive.Set"/>.</summary>
public delegate SetResult SpecialSetter(ReadOnlySpan<string> arguments, bool again);

/// <summary>A directive whose arguments only its owner understands.</summary>
/// <param name="rewrite">Gives the lines to write; without it one quoted line, when the value is not the default.</param>
/// <param name="defaultValue">The value that needs no line, as <see cref="Get"/> shows it; null when the line must always stand.</param>
public sealed class SpecialDirective(
    string name, SpecialSetter set, Func<string> get, Action<ConfigurationRewriter>? rewrite = null, string? defaultValue = null) : Directive(name)
{
    public override string Get() => get();

    public override SetResult Set(ReadOnlySpan<string> arguments, bool again = false)
    {
        if (arguments.Length != 1 && !Has(DirectiveFlags.MultiArgument)) return WrongNumberOfArguments;
        return set(arguments, again);
    }

    public override void Rewrite(ConfigurationRewriter rewriter)
    {
        if (rewrite is not null) rewrite(rewriter);
        else rewriter.Line(Name, $"{Name} {ByteText.Quote(Get())}", force: Get() != defaultValue);
    }
}
