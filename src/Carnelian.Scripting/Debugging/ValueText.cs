using System.Text;

namespace Carnelian;

/// <summary>Values of Lua as the debugger shows them: <c>{1; "two"; {}}</c>, <c>{["key"]=nil}</c>.</summary>
internal static class ValueText
{
    /// <summary>Tables within tables; as many as fit on half of the stack that PUC grants its hooks.</summary>
    private const int NestingMax = 10;

    private const int NumberDigits = 6;

    /// <summary>A table that holds itself several times is endless, nearly. A string is cut there, too.</summary>
    internal const int LengthMax = 1 << 20;

    /// <summary>Of all tables that are shown, with and without values: many may stand for one.</summary>
    private const long PlacesMax = 64 << 20;

    private const int PlacesPerStep = 8;

    /// <param name="enough">Not much more than so many characters are wanted.</param>
    public static string Of(LuaMachine machine, in LuaValue value, int enough)
    {
        var text = new StringBuilder();
        var places = PlacesMax;
        Add(text, machine, value, Math.Min(enough, LengthMax), 0, ref places);
        return text.ToString();
    }

    private static void Add(StringBuilder text, LuaMachine machine, in LuaValue value, int enough, int nesting, ref long places)
    {
        if (nesting == NestingMax) text.Append("<max recursion level reached! Nested table?>");
        else if (value.TryGetTable(out var table)) AddTable(text, machine, table, enough, nesting + 1, ref places);
        else if (value.TryGetString(out var bytes)) text.Append(ByteText.FromBytes(ArgumentSplitter.Quote(bytes.Span[..Math.Min(bytes.Length, LengthMax)])));
        else if (value.Type is LuaType.Nil or LuaType.Boolean or LuaType.Number) text.Append(value.ToString(NumberDigits));
        else text.Append($"\"{(value.Type == LuaType.LightUserData ? "light-userdata@(nil)" : $"{value}@{machine.AddressOf(value)}")}\"");
    }

    private static void AddTable(StringBuilder text, LuaMachine machine, LuaTable table, int enough, int nesting, ref long places)
    {
        machine.Spend(table.PlaceCount / PlacesPerStep);
        if ((places -= table.PlaceCount) < 0)
        {
            text.Append("{...}");
            return;
        }
        var showsKeys = !IsList(table);
        text.Append('{');
        var place = 0;
        for (var i = 0; text.Length <= enough && (place = table.Next(place, out var key, out var element)) >= 0; i++)
        {
            if (i > 0) text.Append("; ");
            if (showsKeys)
            {
                text.Append('[');
                Add(text, machine, key, enough, nesting, ref places);
                text.Append("]=");
            }
            Add(text, machine, element, enough, nesting, ref places);
        }
        text.Append('}');
    }

    /// <summary>Its keys are 1, 2, and so on.</summary>
    private static bool IsList(LuaTable table)
    {
        var expected = 1;
        for (var place = 0; (place = table.Next(place, out var key, out _)) >= 0; expected++)
        {
            if (!key.TryGetNumber(out var number) || number != expected) return false;
        }
        return true;
    }
}
