namespace Carnelian;

/// <summary>What a script declares of itself in its first line, and a function where it is registered.</summary>
[Flags]
public enum ScriptFlags : byte
{
    None = 0,
    NoWrites = 1 << 0,

    /// <summary>It may run without memory, and write.</summary>
    AllowOutOfMemory = 1 << 1,
    AllowStale = 1 << 2,
    NoCluster = 1 << 3,
    AllowCrossSlotKeys = 1 << 4,

    /// <summary>It has no first line that declares anything: it is judged call by call, as scripts were before there were flags.</summary>
    Undeclared = 1 << 7,
}

internal static class ScriptFlagNames
{
    /// <summary>In the order of the bits.</summary>
    public static readonly string[] All = ["no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"];

    public static bool TryFind(ReadOnlySpan<byte> name, StringComparison comparison, out ScriptFlags flag)
    {
        for (var i = 0; i < All.Length; i++)
        {
            if (!string.Equals(All[i], ByteText.FromBytes(name), comparison)) continue;
            flag = (ScriptFlags)(1 << i);
            return true;
        }
        flag = ScriptFlags.None;
        return false;
    }

    /// <summary>The flags by which gates judge a script's call, in place of its command's.</summary>
    public static CommandFlags ToCommandFlags(this ScriptFlags flags, CommandFlags command)
    {
        // What is declared tells whether it writes; where nothing is, it may.
        command &= ~(CommandFlags.Stale | CommandFlags.DenyOom | CommandFlags.Write | CommandFlags.MayReplicate);
        if ((flags & (ScriptFlags.AllowOutOfMemory | ScriptFlags.NoWrites)) == 0) command |= CommandFlags.DenyOom;
        if ((flags & ScriptFlags.NoWrites) == 0) command |= CommandFlags.Write;
        if ((flags & ScriptFlags.AllowStale) != 0) command |= CommandFlags.Stale;
        return command;
    }
}
