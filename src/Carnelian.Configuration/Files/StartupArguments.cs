using System.Text;

namespace Carnelian;

/// <summary>
/// The command line of a server: <c>[FILE] [-] [--name value ...]...</c>. The options become lines of configuration that are read
/// after the file and after standard input, so that they win.
/// </summary>
/// <param name="File">The configuration file, when the first argument does not begin with a dash.</param>
/// <param name="ReadStandardInput">A lone dash as the first or the last argument: more configuration comes from there.</param>
/// <param name="Options">Lines in the syntax of redis.conf; byte text.</param>
public sealed record StartupArguments(string? File, bool ReadStandardInput, string Options)
{
    public static StartupArguments Parse(ReadOnlySpan<string> arguments)
    {
        string? file = null;
        if (arguments.Length > 0 && !arguments[0].StartsWith('-'))
        {
            file = arguments[0];
            arguments = arguments[1..];
        }
        var readStandardInput = false;
        var options = new StringBuilder();
        var hasValue = true;
        for (var i = 0; i < arguments.Length; i++)
        {
            var isLast = i == arguments.Length - 1;
            if (arguments[i] == "-" && ((i == 0 && file is null) || isLast)) readStandardInput = true;
            // The first argument behind an option's name is its value even if it begins with dashes.
            else if (hasValue && arguments[i].StartsWith("--", StringComparison.Ordinal))
                hasValue = AppendName(options, arguments[i], isLast ? null : arguments[i + 1]);
            else
            {
                options.Append(ByteText.Quote(ByteText.FromText(arguments[i]))).Append(' ');
                hasValue = true;
            }
        }
        return new(file, readStandardInput, options.ToString());
    }

    /// <returns>Whether the option is complete: what follows with dashes is the next one.</returns>
    private static bool AppendName(StringBuilder options, string argument, string? next)
    {
        if (options.Length > 0) options.Append('\n');
        var text = ByteText.FromText(argument);
        options.Append(text, 2, text.Length - 2).Append(' ');
        if (ByteText.Split(text) is not { Length: 1 }) return true; // "--port 6380" in one argument.

        var nextIsOption = next is not null && next.StartsWith("--", StringComparison.Ordinal);
        var isSave = text.Equals("--save", StringComparison.OrdinalIgnoreCase);
        // Scripts that build a command line from an empty list say "--save" without a value: they mean none.
        if (isSave && (nextIsOption || next is null)) options.Append("\"\"");
        return nextIsOption && (isSave || text.Equals("--sentinel", StringComparison.OrdinalIgnoreCase));
    }
}
