namespace Carnelian;

/// <summary>Classes of bytes in the C locale.</summary>
internal static class CType
{
    public static bool IsSpace(int c) => c is ' ' or >= '\t' and <= '\r';

    public static bool IsDigit(int c) => (uint)(c - '0') <= 9;

    public static bool IsUpper(int c) => (uint)(c - 'A') <= 'Z' - 'A';

    public static bool IsLower(int c) => (uint)(c - 'a') <= 'z' - 'a';

    public static bool IsAlpha(int c) => (uint)((c | 0x20) - 'a') <= 'z' - 'a';

    public static bool IsAlphaNumeric(int c) => IsAlpha(c) || IsDigit(c);

    public static bool IsControl(int c) => c is < ' ' or 127;

    public static bool IsPunctuation(int c) => c is > ' ' and < 127 && !IsAlphaNumeric(c);

    public static bool IsHexDigit(int c) => HexValue(c) >= 0;

    /// <summary>-1 for what is no hexadecimal digit.</summary>
    public static int HexValue(int c)
    {
        if (IsDigit(c)) return c - '0';
        var letter = (c | 0x20) - 'a';
        return (uint)letter < 6 ? letter + 10 : -1;
    }

    /// <summary>Of a digit in a base up to 36; -1 for what is none.</summary>
    public static int DigitValue(int c) => IsDigit(c) ? c - '0' : IsAlpha(c) ? (c | 0x20) - 'a' + 10 : -1;

    public static byte ToLower(byte c) => IsUpper(c) ? (byte)(c | 0x20) : c;

    public static byte ToUpper(byte c) => IsLower(c) ? (byte)(c & ~0x20) : c;

    // Classes by the letters that patterns have for them.

    private static readonly ushort[] _masks = Masks(), _classes = Classes();

    private static ushort[] Masks()
    {
        var masks = new ushort[256];
        var letters = "acdlpsuwxz"u8;
        for (var i = 0; i < letters.Length; i++) masks[letters[i]] = masks[letters[i] & ~0x20] = (ushort)(1 << i);
        return masks;
    }

    private static ushort[] Classes()
    {
        var classes = new ushort[256];
        for (var c = 0; c < classes.Length; c++)
        {
            var bits = (IsAlpha(c) ? 1 : 0) | (IsControl(c) ? 2 : 0) | (IsDigit(c) ? 4 : 0) | (IsLower(c) ? 8 : 0) | (IsPunctuation(c) ? 16 : 0)
                | (IsSpace(c) ? 32 : 0) | (IsUpper(c) ? 64 : 0) | (IsAlphaNumeric(c) ? 128 : 0) | (IsHexDigit(c) ? 256 : 0) | (c == 0 ? 512 : 0);
            classes[c] = (ushort)bits;
        }
        return classes;
    }

    /// <summary>The bit of the class that a letter stands for, as a capital for what is not in it; 0 if it stands for none.</summary>
    public static int ClassOf(int letter) => _masks[(byte)letter];

    /// <summary>The bits of all classes that a byte is in.</summary>
    public static int ClassesOf(int c) => _classes[(byte)c];
}
