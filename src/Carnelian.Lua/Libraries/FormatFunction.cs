using System.Globalization;

namespace Carnelian;

/// <summary>string.format: C's printf for one value at a time.</summary>
internal sealed class FormatFunction(LuaMachine machine)
{
    /// <summary>What stands between % and the letter.</summary>
    private record struct Specification(bool IsLeft, bool HasPlus, bool HasBlank, bool IsAlternative, bool HasZeros, int Width, int Precision)
    {
        public readonly bool HasPrecision => Precision >= 0;
    }

    public int Format(LuaCall call)
    {
        var format = call.CheckString(1).Span;
        var result = new ChargedBuffer(machine, format.Length * 2);
        var argument = 1;
        while (true)
        {
            var escape = format.IndexOf((byte)'%');
            if (escape < 0) break;
            result.Add(format[..escape]);
            format = format[(escape + 1)..];
            if (format.StartsWith("%"u8))
            {
                result.Add((byte)'%');
                format = format[1..];
                continue;
            }
            if (++argument > call.Count) throw call.ArgumentError(argument, "no value");
            var specification = Read(call, ref format);
            var letter = format.IsEmpty ? (byte)0 : format[0];
            format = format.IsEmpty ? format : format[1..];
            AddItem(call, result, letter, specification, argument);
        }
        result.Add(format);
        return call.Return(result.ToLuaString());
    }

    private static Specification Read(LuaCall call, ref ReadOnlySpan<byte> format)
    {
        var flags = 0;
        Specification specification = new() { Precision = -1 };
        for (; flags < format.Length && "-+ #0"u8.Contains(format[flags]); flags++)
        {
            switch (format[flags])
            {
                case (byte)'-': specification.IsLeft = true; break;
                case (byte)'+': specification.HasPlus = true; break;
                case (byte)' ': specification.HasBlank = true; break;
                case (byte)'#': specification.IsAlternative = true; break;
                default: specification.HasZeros = true; break;
            }
        }
        if (flags >= "-+ #0".Length + 1) throw call.Fail("invalid format (repeated flags)"u8);
        format = format[flags..];
        specification.Width = TwoDigits(ref format);
        if (format.StartsWith("."u8))
        {
            format = format[1..];
            specification.Precision = TwoDigits(ref format);
        }
        if (!format.IsEmpty && CType.IsDigit(format[0])) throw call.Fail("invalid format (width or precision too long)"u8);
        return specification;
    }

    private static int TwoDigits(ref ReadOnlySpan<byte> format)
    {
        var value = 0;
        for (var i = 0; i < 2 && !format.IsEmpty && CType.IsDigit(format[0]); i++, format = format[1..]) value = value * 10 + format[0] - '0';
        return value;
    }

    private static void AddItem(LuaCall call, ChargedBuffer result, byte letter, in Specification specification, int argument)
    {
        switch (letter)
        {
            case (byte)'c':
                // A zero byte ends the string that C's printf has made. What is no integer of 32 bits is the least one, whose lowest byte is zero.
                var value = unchecked((byte)double.ConvertToIntegerNative<int>(call.CheckNumber(argument)));
                AddText(result, [value], specification with { HasZeros = false }, endsAtZero: true);
                break;
            case (byte)'d' or (byte)'i':
                AddInteger(result, LuaNumber.ToInteger(call.CheckNumber(argument)), specification);
                break;
            case (byte)'o' or (byte)'u' or (byte)'x' or (byte)'X':
                AddUnsigned(result, LuaNumber.ToUnsigned(call.CheckNumber(argument)), letter, specification);
                break;
            case (byte)'e' or (byte)'E' or (byte)'f' or (byte)'g' or (byte)'G':
                AddDouble(result, call.CheckNumber(argument), letter, specification);
                break;
            case (byte)'q':
                AddQuoted(result, call.CheckString(argument).Span);
                break;
            case (byte)'s':
                AddString(result, call.CheckString(argument).Span, specification);
                break;
            default: throw call.Fail([.. "invalid option '%"u8, .. letter == 0 ? default : new ReadOnlySpan<byte>(in letter), .. "' to 'format'"u8]);
        }
    }

    private static void AddString(ChargedBuffer result, ReadOnlySpan<byte> text, in Specification specification)
    {
        if (!specification.HasPrecision && text.Length >= 100)
        {
            result.Add(text);
            return;
        }
        if (specification.HasPrecision && text.Length > specification.Precision) text = text[..specification.Precision];
        var zero = text.IndexOf((byte)0);
        if (zero >= 0) text = text[..zero];
        AddText(result, text, specification, endsAtZero: false);
    }

    private static void AddText(ChargedBuffer result, ReadOnlySpan<byte> text, in Specification specification, bool endsAtZero)
    {
        var padding = Math.Max(0, specification.Width - text.Length);
        if (!specification.IsLeft) AddMany(result, (byte)' ', padding);
        if (endsAtZero && text[0] == 0) return;
        result.Add(text);
        if (specification.IsLeft) AddMany(result, (byte)' ', padding);
    }

    private static void AddMany(ChargedBuffer result, byte value, int count)
    {
        for (; count > 0; count--) result.Add(value);
    }

    private static ReadOnlySpan<byte> Sign(bool isNegative, in Specification specification) =>
        isNegative ? "-"u8 : specification.HasPlus ? "+"u8 : specification.HasBlank ? " "u8 : default;

    private static void AddInteger(ChargedBuffer result, long value, in Specification specification)
    {
        Span<byte> digits = stackalloc byte[32];
        System.Buffers.Text.Utf8Formatter.TryFormat(value < 0 ? unchecked(0 - (ulong)value) : (ulong)value, digits, out var length);
        if (value == 0 && specification.Precision == 0) length = 0;
        AddNumber(result, Sign(value < 0, specification), digits[..length], specification);
    }

    private static void AddUnsigned(ChargedBuffer result, ulong value, byte letter, in Specification specification)
    {
        Span<byte> digits = stackalloc byte[32];
        var length = 0;
        if (letter == 'o')
        {
            var rest = value;
            do digits[length++] = (byte)('0' + (rest & 7));
            while ((rest >>= 3) != 0);
            digits[..length].Reverse();
        }
        else Check.That(value.TryFormat(digits, out length, letter switch { (byte)'x' => "x", (byte)'X' => "X", _ => "D" }, CultureInfo.InvariantCulture));
        if (value == 0 && specification.Precision == 0) length = 0;
        if (letter == 'o' && specification.IsAlternative && (length == 0 || digits[0] != '0') && specification.Precision <= length)
        {
            digits[..length].CopyTo(digits[1..]);
            digits[0] = (byte)'0';
            length++;
        }
        var prefix = !specification.IsAlternative || value == 0 ? default : letter switch { (byte)'x' => "0x"u8, (byte)'X' => "0X"u8, _ => default };
        AddNumber(result, prefix, digits[..length], specification);
    }

    /// <summary>A precision is a minimum of digits, and then zeros do not fill the width.</summary>
    private static void AddNumber(ChargedBuffer result, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> digits, in Specification specification)
    {
        var zeros = Math.Max(0, specification.Precision - digits.Length);
        var padding = Math.Max(0, specification.Width - prefix.Length - zeros - digits.Length);
        if (specification.HasZeros && !specification.IsLeft && !specification.HasPrecision) (zeros, padding) = (padding, 0);
        if (!specification.IsLeft) AddMany(result, (byte)' ', padding);
        result.Add(prefix);
        AddMany(result, (byte)'0', zeros);
        result.Add(digits);
        if (specification.IsLeft) AddMany(result, (byte)' ', padding);
    }

    private static void AddDouble(ChargedBuffer result, double value, byte letter, in Specification specification)
    {
        Span<byte> text = stackalloc byte[CFormat.LengthMax];
        var precision = specification.HasPrecision ? specification.Precision : 6;
        var length = (letter | 0x20) switch
        {
            'e' => CFormat.WriteScientific(value, precision, specification.IsAlternative, text),
            'f' => CFormat.WriteFixed(value, precision, specification.IsAlternative, text),
            _ => CFormat.WriteGeneral(value, precision, specification.IsAlternative, text),
        };
        var digits = text[..length];
        var isNegative = digits[0] == '-';
        if (isNegative) digits = digits[1..];
        if (CType.IsUpper(letter))
            foreach (ref var digit in digits) digit = CType.ToUpper(digit);
        AddNumber(result, Sign(isNegative, specification), digits, specification with { Precision = -1, HasZeros = specification.HasZeros && double.IsFinite(value) });
    }

    /// <summary>As source text that reads as the same string.</summary>
    private static void AddQuoted(ChargedBuffer result, ReadOnlySpan<byte> text)
    {
        result.Add((byte)'"');
        foreach (var letter in text)
        {
            switch (letter)
            {
                case (byte)'"' or (byte)'\\' or (byte)'\n':
                    result.Add((byte)'\\');
                    result.Add(letter);
                    break;
                case (byte)'\r':
                    result.Add("\\r"u8);
                    break;
                case 0:
                    result.Add("\\000"u8);
                    break;
                default:
                    result.Add(letter);
                    break;
            }
        }
        result.Add((byte)'"');
    }
}
