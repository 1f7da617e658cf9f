using System.Buffers.Text;
using Microsoft.Extensions.Logging;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>DEBUG: what tests and those who look for a defect need. One command to the outside, as in Redis, that knows its subcommands itself.</summary>
[CommandFamily("server")]
internal static class DebugCommands
{
    /// <summary>More keys than this nobody has memory for.</summary>
    private const long PopulateMax = 1L << 36;

    /// <summary>A line of Redis' log is cut there.</summary>
    private const int LogBytesMax = 1024;

    /// <summary>Redis makes the keys of POPULATE in a buffer of 128 bytes.</summary>
    private const int PopulateKeyBytesMax = 127;

    [Command("DEBUG", Summary = "A container for debugging commands.", Since = "1.0.0", Complexity = "Depends on subcommand.",
        Flags = Admin | NoScript | Loading | Stale | Protected, Arity = -2, System = true)]
    internal static void Debug(ref Call call)
    {
        if (!IsAllowed(ref call)) return;
        var server = call.Server();
        switch (call.Shown(1).ToLowerInvariant(), call.Args.Count)
        {
            case ("help", 2): Help(ref call); break;
            case ("sleep", 3): Sleep(ref call); break;
            case ("error", 3): call.Reply.Error(call.Args[2]); break;
            case ("log", 3): Log(ref call); break;
            case ("populate", >= 3 and <= 5): Populate(ref call); break;
            case ("object", 3): DebugReports.WriteObject(ref call); break;
            case ("digest", 2): DatasetDigest.WriteAll(ref call); break;
            case ("digest-value", _): DatasetDigest.WriteValues(ref call); break;
            case ("htstats", >= 3): DebugReports.WriteTables(ref call); break;
            case ("htstats-key", >= 3): DebugReports.WriteTableOfKey(ref call); break;
            case ("segfault", _):
                server.Crash.Note(ref call);
                server.World.Process.Fault(server.Options.CrashLogEnabled ? server.Crash.Write : null);
                break;
            case ("assert", _): throw new BrokenInvariantException("1 == 2");
            case ("panic", _): throw new PanicException($"DEBUG PANIC called at Unix time {call.NowMs / 1000}");
            case ("oom", _): throw new OutOfMemoryException($"Allocating {nint.MaxValue} bytes!");
            case ("protocol", 3): DebugReports.WriteProtocol(ref call); break;
            case ("stringmatch-test", 2): TestPatterns(ref call); break;
            case ("client-eviction", 2): DescribeClientEviction(ref call); break;
            // A reply buffer lives no longer than the reply in it: none is ever resized.
            case ("replybuffer", 4) when call.Is(2, "resizing"u8): call.Reply.Ok(); break;
            case ("set-active-expire", 3): server.Cron.ActiveExpiryEnabled = Switch(ref call); break;
            case ("config-rewrite-force-all", 2): ConfigCommands.Rewrite(ref call, all: true); break;
            case ("pause-cron", 3): server.Cron.IsPaused = Switch(ref call); break;
            case ("listpack", 3): StructureReports.WriteListPack(ref call); break;
            case ("quicklist", 3 or 4): StructureReports.WriteQuickList(ref call, full: call.Args.Count == 4 && IsYes(call.Args[3])); break;
            case ("quicklist-packed-threshold", 3): SetPackedThreshold(ref call); break;
            case ("set-skip-checksum-validation", 3): server.Dumps.ChecksChecksums = !Switch(ref call); break;
            case ("set-disable-deny-scripts", 3): server.Scripting.AllowsAllCommands = Switch(ref call); break;
            case ("reload" or "loadaof", _) when call.Server().Loading.IsOn: call.Fail(DataLoading.Refusal); break;
            case ("reload", _): DebugReload.Run(ref call); break;
            case ("loadaof", _): DebugLoadAof.Run(ref call); break;
            case ("aof-flush-sleep", 3): DelayAppends(ref call); break;
            case ("dict-resizing", 3): server.Keyspace.Host.ShrinksTables = Switch(ref call); break;
            default: call.FailUnknownSubcommand(1); break;
        }
    }

    private static bool IsAllowed(ref Call call)
    {
        if (call.Server().Allows(call.Server().Options.DebugCommand, call.Session)) return true;
        call.Fail("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, "
            + "otherwise you need to set this option in the configuration file, and then restart the server.");
        return false;
    }

    private static void DelayAppends(ref Call call)
    {
        call.Server().Options.Persistence.AppendOnly.WriteDelayMicroseconds = Utf8Parser.TryParse(call.Args[2], out long microseconds, out _) ? microseconds : 0;
        call.Reply.Ok();
    }

    private static bool Switch(ref Call call)
    {
        call.Reply.Ok();
        return IsYes(call.Args[2]);
    }

    /// <summary>As C's atoi: whatever begins with a number other than 0 is yes.</summary>
    private static bool IsYes(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text.TrimStart((byte)' '), out int number, out _) && number != 0;

    /// <summary>What does not begin with a number is 0 seconds.</summary>
    private static void Sleep(ref Call call)
    {
        if (Utf8Parser.TryParse(call.Args[2], out double seconds, out _) && seconds > 0)
            call.Server().World.Clock.Block((long)Math.Min(seconds * 1e6, long.MaxValue / 2));
        call.Reply.Ok();
    }

    private static void Log(ref Call call)
    {
        var text = call.Shown(2, LogBytesMax);
        call.Server().Log.LogWarning("DEBUG LOG: {Text}", ByteText.ToText(text) ?? text);
        call.Reply.Ok();
    }

    /// <summary>From which length on an element of a list has a node of its own; 0 takes that back.</summary>
    private static void SetPackedThreshold(ref Call call)
    {
        const ulong thresholdMax = (1UL << 32) - (1 << 20);
        if (!NumberText.TryReadMemory(call.Shown(2), out var bytes) || bytes > thresholdMax)
        {
            call.Fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
            return;
        }
        var host = call.Keyspace.Host;
        host.ListLimit = host.ListLimit with { LargeFrom = (int)Math.Min(bytes, int.MaxValue) };
        call.Reply.Ok();
    }

    private static void DescribeClientEviction(ref Call call)
    {
        if (call.Server().Clients.Eviction.Describe() is { } classes) call.Reply.Verbatim(ByteText.ToBytes(classes), "txt"u8);
        else call.Fail("ERR maxmemory-clients is disabled.");
    }

    /// <summary>Makes keys without propagating them; those that exist stay as they are.</summary>
    private static void Populate(ref Call call)
    {
        if (!call.TryCount(2, out var count)) return;
        if (count > PopulateMax)
        {
            call.Fail("ERR OOM in dictTryExpand");
            return;
        }
        long size = 0;
        if (call.Args.Count == 5 && !call.TryCount(4, out size)) return;
        if (!StringValue.IsLengthAllowed(ref call, size, 0)) return;

        Span<byte> key = stackalloc byte[PopulateKeyBytesMax + IntegerText.LengthMax + 1];
        var prefix = Prefix(ref call);
        prefix.CopyTo(key);
        key[prefix.Length] = (byte)':';
        Span<byte> text = stackalloc byte["value:"u8.Length + IntegerText.LengthMax];
        "value:"u8.CopyTo(text);
        byte[] sized = new byte[size];
        var dirty = call.Keyspace.Dirty;
        for (long i = 0; i < count; i++)
        {
            var keyLength = prefix.Length + 1 + IntegerText.Format(i, key[(prefix.Length + 1)..]);
            var textLength = "value:"u8.Length + IntegerText.Format(i, text["value:"u8.Length..]);
            ReadOnlySpan<byte> value = text[..textLength];
            if (size > 0)
            {
                value[..(int)Math.Min(size, textLength)].CopyTo(sized);
                value = sized;
            }
            Add(ref call, key[..Math.Min(keyLength, PopulateKeyBytesMax)], value);
        }
        call.Keyspace.Dirty = dirty;
        call.Reply.Ok();
    }

    /// <summary>A C string's worth, and no more than a key may have.</summary>
    private static ReadOnlySpan<byte> Prefix(ref Call call)
    {
        if (call.Args.Count == 3) return "key"u8;
        var prefix = ByteText.UpToNul(call.Args[3]);
        return prefix[..Math.Min(prefix.Length, PopulateKeyBytesMax)];
    }

    private static void Add(ref Call call, scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value)
    {
        var edit = call.Keyspace.Edit(call.Database, call.Keyspace.KeyOf(key));
        if (!edit.Exists) edit.Write(ValueType.String, StringValue.EncodingOfText(value), value, EntryView.NoExpiry, null);
    }

    /// <summary>
    /// Random patterns and texts, to see that matching ends and stays within bounds; only bytes that mean something in patterns, and few others.
    /// </summary>
    private static void TestPatterns(ref Call call)
    {
        const int Rounds = 100_000, LengthMax = 32;
        var alphabet = "*?[]\\-^ab"u8;
        var chance = call.Keyspace.Randomness;
        Span<byte> pattern = stackalloc byte[LengthMax], text = stackalloc byte[LengthMax];
        for (var round = 0; round < Rounds; round++)
        {
            var patternLength = chance.Below(LengthMax + 1);
            var textLength = chance.Below(LengthMax + 1);
            for (var i = 0; i < patternLength; i++) pattern[i] = alphabet[chance.Below(alphabet.Length)];
            for (var i = 0; i < textLength; i++) text[i] = alphabet[chance.Below(alphabet.Length)];
            GlobPattern.Matches(pattern[..patternLength], text[..textLength]);
        }
        call.Reply.Simple("Apparently Redis did not crash: test passed"u8);
    }

    private static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "AOF-FLUSH-SLEEP <microsec>",
        "    Server will sleep before flushing the AOF, this is used for testing.",
        "ASSERT",
        "    Crash by assertion failed.",
        "CONFIG-REWRITE-FORCE-ALL",
        "    Like CONFIG REWRITE but writes all configuration options, including",
        "    keywords not listed in original configuration file or default values.",
        "DIGEST",
        "    Output a hex signature representing the current DB content.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    Output a hex signature of the values of all the specified keys.",
        "ERROR <string>",
        "    Return a Redis protocol error with <string> as message. Useful for clients",
        "    unit tests to simulate Redis errors.",
        "LOG <message>",
        "    Write <message> to the server log.",
        "LOADAOF",
        "    Flush the AOF buffers on disk and reload the AOF in memory.",
        "HTSTATS <dbid> [full]",
        "    Return hash table statistics of the specified Redis database.",
        "HTSTATS-KEY <key> [full]",
        "    Like HTSTATS but for the hash table stored at <key>'s value.",
        "OBJECT <key>",
        "    Show low level info about `key` and associated value.",
        "OOM",
        "    Crash the server simulating an out-of-memory error.",
        "PANIC",
        "    Crash the server simulating a panic.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Create <count> string keys named key:<num>. If <prefix> is specified then",
        "    it is used instead of the 'key' prefix. These are not propagated to",
        "    replicas. Cluster slots are not respected so keys not belonging to the",
        "    current node can be created in cluster mode.",
        "PROTOCOL <type>",
        "    Reply with a test value of the specified type. <type> can be: string,",
        "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
        "    true, false.",
        "SEGFAULT",
        "    Crash the server with sigsegv.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Setting it to 0 disables expiring keys (and hash-fields) in background ",
        "    when they are not accessed (otherwise the Redis behavior). Setting it",
        "    to 1 reenables back the default.",
        "SLEEP <seconds>",
        "    Stop the server for <seconds>. Decimals allowed.",
        "STRINGMATCH-TEST",
        "    Run a fuzz tester against the stringmatchlen() function.",
        "CLIENT-EVICTION",
        "    Show low level client eviction pools info (maxmemory-clients).",
        "LISTPACK <key>",
        "    Show low level info about the listpack encoding of <key>.",
        "QUICKLIST <key> [<0|1>]",
        "    Show low level info about the quicklist encoding of <key>.",
        "    The optional argument (0 by default) sets the level of detail",
        "PAUSE-CRON <0|1>",
        "    Stop periodic cron job processing.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    Sets the threshold for elements to be inserted as plain vs packed nodes",
        "    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.",
        "REPLYBUFFER RESIZING <0|1>",
        "    Enable or disable the reply buffer resize cron job",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    Enables or disables checksum checks for RDB files and RESTORE's payload.",
        "DICT-RESIZING <0|1>",
        "    Enable or disable the main dict and expire dict resizing.");
}
