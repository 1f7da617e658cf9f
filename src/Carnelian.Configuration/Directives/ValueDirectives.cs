namespace Carnelian;

/// <summary>"yes" or "no".</summary>
internal sealed class FlagDirective(string name, bool defaultValue, Func<bool> get, Action<bool> set) : ValueDirective<bool>(name, defaultValue, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out bool value)
    {
        value = arguments[0].Equals("yes", StringComparison.OrdinalIgnoreCase);
        return value || arguments[0].Equals("no", StringComparison.OrdinalIgnoreCase) ? null : "argument must be 'yes' or 'no'";
    }

    protected override string Write(bool value) => value ? "yes" : "no";
}

/// <summary>UTF-8 text such as a path. With null as its default, the empty text means null.</summary>
internal sealed class TextDirective(string name, string? defaultValue, Func<string?> get, Action<string?> set)
    : ValueDirective<string?>(name, defaultValue, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out string? value)
    {
        value = ByteText.ToText(arguments[0]);
        if (value is null) return "argument must be valid UTF-8";
        if (value.Contains('\0')) return "argument must not contain a NUL";
        if (value.Length == 0 && Default is null) value = null;
        return null;
    }

    protected override string Write(string? value) => value is null ? "" : ByteText.FromText(value);

    public override void Rewrite(ConfigurationRewriter rewriter)
    {
        // Only the absence of the line says null.
        if (Value is null) rewriter.MarkProcessed(Name);
        else base.Rewrite(rewriter);
    }

    protected override string WriteForFile(string? value) => ByteText.Quote(Write(value));
}

/// <summary>Any bytes, such as a password; no bytes mean null.</summary>
internal sealed class BytesDirective(string name, Func<byte[]?> get, Action<byte[]?> set) : ValueDirective<byte[]?>(name, null, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out byte[]? value)
    {
        value = arguments[0].Length == 0 ? null : ByteText.ToBytes(arguments[0]);
        return null;
    }

    protected override string Write(byte[]? value) => ByteText.FromBytes(value);

    public override void Rewrite(ConfigurationRewriter rewriter)
    {
        if (Value is null) rewriter.MarkProcessed(Name);
        else base.Rewrite(rewriter);
    }

    protected override string WriteForFile(byte[]? value) => ByteText.Quote(Write(value));

    protected override bool Same(byte[]? a, byte[]? b) => a is null == b is null && a.AsSpan().SequenceEqual(b);
}

/// <summary>
/// One word of a list, or several that are bits of a value (with <see cref="DirectiveFlags.MultiArgument"/>). Words are
/// listed in the order in which errors name them; of several for one value the first is shown.
/// </summary>
public sealed class EnumDirective(string name, int defaultValue, Func<int> get, Action<int> set, (string Word, int Value)[] words)
    : ValueDirective<int>(name, defaultValue, get, set)
{
    protected override string? Read(ReadOnlySpan<string> arguments, out int value)
    {
        value = 0;
        var known = arguments.Length == 1 || (arguments.Length > 1 && Has(DirectiveFlags.MultiArgument));
        foreach (var argument in arguments)
        {
            var index = Array.FindIndex(words, word => word.Word.Equals(argument, StringComparison.OrdinalIgnoreCase));
            known &= index >= 0;
            if (index >= 0) value |= words[index].Value;
        }
        return known ? null : $"argument(s) must be one of the following: {string.Join(", ", words.Select(word => word.Word))}";
    }

    protected override string Write(int value)
    {
        var exact = Array.FindIndex(words, word => word.Value == value);
        if (exact >= 0) return words[exact].Word;
        Check.That(Has(DirectiveFlags.MultiArgument));
        return string.Join(' ', words.Where(word => word.Value != 0 && (word.Value & value) == word.Value).Select(word => word.Word));
    }
}
