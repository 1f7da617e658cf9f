namespace Carnelian;

/// <summary>What MIGRATE was asked for. What is secret or a key is told by the number of its argument.</summary>
/// <param name="Database">As it was given: the other server says whether it has such a one.</param>
/// <param name="TimeoutMs">How long the other server may be silent.</param>
/// <param name="User">0: the default one.</param>
/// <param name="Password">0: none is given.</param>
/// <param name="EndOfKeys">Behind the last key.</param>
internal readonly record struct MigrateOptions(
    string Host, string Port, long Database, long TimeoutMs, bool Copies, bool Replaces, int User, int Password, int FirstKey, int EndOfKeys)
{
    private const long DefaultTimeoutMs = 1000;

    /// <summary>Reads the arguments, and marks those that are secret; the call may have failed.</summary>
    public static MigrateOptions Read(ref Call call)
    {
        bool copies = false, replaces = false;
        int user = 0, password = 0, firstKey = 3, endOfKeys = 4;
        var options = new OptionReader(call.Args, 6);
        while (options.Next())
        {
            if (options.Is("copy"u8)) copies = true;
            else if (options.Is("replace"u8)) replaces = true;
            else if (options.Takes("auth"u8, out var alone)) Secret(ref call, password = alone);
            else if (options.Takes("auth2"u8, out var first, values: 2))
            {
                Secret(ref call, user = first);
                Secret(ref call, password = first + 1);
            }
            else if (!options.Is("keys"u8)) options.FailSyntax();
            else if (call.Args[3].Length > 0)
                options.Fail("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
            else
            {
                (firstKey, endOfKeys) = (options.At + 1, call.Args.Count);
                break;
            }
        }
        if (!options.Ends(ref call) || !call.TryInteger(5, out var timeoutMs) || !call.TryInteger(4, out var database)) return default;
        return new(
            ByteText.FromBytes(call.Args[1]), ByteText.FromBytes(call.Args[2]), database, timeoutMs > 0 ? timeoutMs : DefaultTimeoutMs, copies, replaces,
            user, password, firstKey, endOfKeys);
    }

    private static void Secret(ref Call call, int argument) => call.Redact(argument);
}
