using System.Text;

namespace Carnelian;

/// <summary>
/// Reads a request's options, from an argument to the end, in any order: a loop over <see cref="Next"/> asks for each word that the command knows, and
/// fails at one that is none of them. The first error is kept, ends the loop and is answered by <see cref="Ends"/>, which is asked once.
/// <code>
/// var options = new OptionReader(call.Args, 2);
/// while (options.Next())
/// {
///     if (options.Is("withscores"u8)) withScores = true;
///     else if (options.Chooses("nx"u8, ref condition, SetCondition.IfMissing)) { }
///     else if (options.TakesInteger("count"u8, ref count)) { }
///     else options.FailSyntax();
/// }
/// if (!options.Ends(ref call)) return;
/// </code>
/// A value that only the call can read fails the call itself: then the handler returns at once, without <see cref="Ends"/>.
/// </summary>
public ref struct OptionReader(Arguments args, int first)
{
    private const string SyntaxError = "ERR syntax error";

    private readonly Arguments _args = args;
    private int _next = first;
    private string? _error;

    /// <summary>The argument that an error quotes behind its text, or 0.</summary>
    private int _quoted;

    /// <summary>The number of the argument that is being read.</summary>
    public int At { get; private set; }

    /// <summary>Arguments behind it.</summary>
    public readonly int Left => _args.Count - _next;

    public readonly bool Failed => _error is not null;

    /// <summary>Goes on to the next option; false at the end, or after an error.</summary>
    public bool Next()
    {
        if (Failed || _next >= _args.Count) return false;
        At = _next++;
        return true;
    }

    /// <summary>The option is this word, given in lower case, in any case.</summary>
    public readonly bool Is(ReadOnlySpan<byte> word)
    {
        var argument = _args[At];
        return argument.Length == word.Length && Ascii.EqualsIgnoreCase(argument, word);
    }

    /// <summary>The option is this word of those that exclude each other. Another of them before is a syntax error; the same one again is not.</summary>
    public bool Chooses<T>(ReadOnlySpan<byte> word, ref T choice, T value) where T : struct, Enum
    {
        if (!Is(word)) return false;
        if (!EqualityComparer<T>.Default.Equals(choice, default) && !EqualityComparer<T>.Default.Equals(choice, value)) FailSyntax();
        else choice = value;
        return true;
    }

    /// <summary>The option is this word with a value behind it, or several. Without all of them it is not taken for it.</summary>
    /// <param name="argument">The first value's number.</param>
    public bool Takes(ReadOnlySpan<byte> word, out int argument, int values = 1)
    {
        argument = 0;
        return Is(word) && TakesValue(out argument, values);
    }

    /// <summary>As <see cref="Takes"/>, of an option that the caller has recognized.</summary>
    public bool TakesValue(out int argument, int values = 1)
    {
        argument = _next;
        if (Left < values) return false;
        _next += values;
        return true;
    }

    /// <summary>As <see cref="Takes"/>, and the value is a number of 64 bits.</summary>
    /// <param name="error">Instead of the usual one.</param>
    /// <param name="tooSmall">The error of a number below the least, instead of a syntax error.</param>
    public bool TakesInteger(ReadOnlySpan<byte> word, ref long value, string? error = null, long min = long.MinValue, string tooSmall = SyntaxError)
    {
        if (!Takes(word, out var argument)) return false;
        if (!IntegerText.TryParse(_args[argument], out var number)) Fail(error ?? "ERR value is not an integer or out of range");
        else if (number < min) Fail(tooSmall);
        else value = number;
        return true;
    }

    public void FailSyntax() => Fail(SyntaxError);

    public void Fail(string error) => _error ??= error;

    /// <summary>Fails with a text that ends with the option as it was given.</summary>
    public void FailQuoting(string before)
    {
        if (Failed) return;
        _error = before;
        _quoted = At;
    }

    /// <summary>Answers the error, if there was one: then the call has failed.</summary>
    public readonly bool Ends(ref Call call)
    {
        if (_error is null) return true;
        if (_quoted > 0) call.Fail(_error, _quoted, default);
        else call.Fail(_error);
        return false;
    }
}
