using System.Text;

namespace Carnelian;

/// <summary>Where the keys are of those commands whose key specs are unknown or incomplete, or whose key flags depend on the options.</summary>
public static class KeyExtractors
{
    private const KeyFlags Reads = KeyFlags.RO | KeyFlags.Access;
    private const KeyFlags Overwrites = KeyFlags.OW | KeyFlags.Update;
    private const KeyFlags Changes = KeyFlags.RW | KeyFlags.Access | KeyFlags.Update;
    private const KeyFlags Takes = KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete;

    /// <summary>SET key value [options]: reads the key only with GET.</summary>
    public static bool Set(Arguments arguments, ref KeyRanges keys)
    {
        var flags = Overwrites;
        for (var i = 3; i < arguments.Count; i++)
            if (Is(arguments[i], "get"))
                flags = Changes;
        keys.Add(1, flags);
        return true;
    }

    /// <summary>BITFIELD key [operations]: only reads when every operation is a GET.</summary>
    public static bool BitField(Arguments arguments, ref KeyRanges keys)
    {
        var reads = true;
        for (var i = 2; i < arguments.Count && reads;)
        {
            var operation = arguments[i];
            var left = arguments.Count - i - 1;
            if (Is(operation, "get") && left >= 2) i += 3;
            else if (Is(operation, "overflow") && left >= 1) i += 2;
            else reads = false; // a write, or an error, and then the stricter is the safer
        }
        keys.Add(1, reads ? Reads : Changes);
        return true;
    }

    /// <summary>SORT key [options] [STORE destination]: the last STORE counts. Patterns of BY and GET name keys that cannot be told.</summary>
    public static bool Sort(Arguments arguments, ref KeyRanges keys)
    {
        var destination = 0;
        for (var i = 2; i < arguments.Count; i++)
        {
            var option = arguments[i];
            if (Is(option, "limit")) i += 2;
            else if (Is(option, "get") || Is(option, "by")) i++;
            else if (Is(option, "store") && i + 1 < arguments.Count) destination = i + 1;
        }
        keys.Add(1, Reads);
        if (destination > 0) keys.Add(destination, Overwrites);
        return true;
    }

    public static bool SortReadOnly(Arguments arguments, ref KeyRanges keys)
    {
        keys.Add(1, Reads);
        return true;
    }

    /// <summary>MIGRATE host port key|"" db timeout [options] [KEYS key ...]: one key or, when it is empty, those after KEYS.</summary>
    public static bool Migrate(Arguments arguments, ref KeyRanges keys)
    {
        for (var i = 6; i < arguments.Count; i++)
        {
            var option = arguments[i];
            if (Is(option, "auth")) i++;
            else if (Is(option, "auth2")) i += 2;
            else if (Is(option, "keys"))
            {
                if (!arguments[3].IsEmpty || i + 1 == arguments.Count) return false;
                keys.Add(new(i + 1, arguments.Count - 1, 1, Takes));
                return true;
            }
        }
        keys.Add(3, Takes);
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> argument, string word) => Ascii.EqualsIgnoreCase(argument, word);
}
