namespace Carnelian;

/// <summary>Tokens. Single bytes are tokens by themselves; the reserved words come first, in alphabetical order.</summary>
internal static class Tokens
{
    public const int FirstReserved = 257;

    public const int And = 257, Break = 258, Do = 259, Else = 260, ElseIf = 261, End = 262, False = 263, For = 264, Function = 265, If = 266, In = 267, Local = 268,
        Nil = 269, Not = 270, Or = 271, Repeat = 272, Return = 273, Then = 274, True = 275, Until = 276, While = 277,
        Concat = 278, Dots = 279, Equal = 280, GreaterOrEqual = 281, LessOrEqual = 282, NotEqual = 283, Number = 284, Name = 285, String = 286, EndOfStream = 287;

    private static readonly string[] _names =
    [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until",
        "while", "..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
    ];

    /// <summary>Reserved words by their bytes; 0 for what is none.</summary>
    public static int Reserved(ReadOnlySpan<byte> word)
    {
        if (word.Length is < 2 or > 8) return 0;
        for (var token = And; token <= While; token++)
        {
            var name = _names[token - FirstReserved];
            if (name.Length == word.Length && name[0] == word[0] && System.Text.Ascii.Equals(word, name)) return token;
        }
        return 0;
    }

    /// <summary>As messages show it.</summary>
    public static string Text(int token)
    {
        if (token >= FirstReserved) return _names[token - FirstReserved];
        return CType.IsControl(token) ? $"char({token})" : ((char)token).ToString();
    }
}
