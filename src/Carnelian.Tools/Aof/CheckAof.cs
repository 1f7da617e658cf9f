using System.Globalization;

namespace Carnelian;

/// <summary>
/// <c>carnelian check-aof</c>: reads the files of an append-only set, or a single file of an older server, and tells whether a server would load them; cuts the last one off behind what is whole (--fix), or
/// before a moment (--truncate-to-timestamp). Output, questions and exit codes are those of redis-check-aof; a summary follows.
/// </summary>
public static class CheckAof
{
    private const string Help = """
        Usage: carnelian check-aof [--fix | --truncate-to-timestamp SECONDS] FILE

        FILE is the manifest of an append-only set (appendonlydir/appendonly.aof.manifest), or a
        single file as servers before Redis 7 wrote it, with or without an RDB file in front.

          --fix                            cuts the last file off behind what is whole, after asking
          --truncate-to-timestamp SECONDS  cuts the last file off before the first command that was
                                           written later than this moment, in seconds since 1970
                                           (needs files written with aof-timestamp-enabled yes)

        Records with a checksum (aof-checksum-enabled) are compared with it. Without an option
        nothing is changed. Exits with 0 if a server would load all that is there.
        """;

    public static int Run(ToolConsole console, string[] arguments)
    {
        switch (arguments)
        {
            case ["-v" or "--version"]:
                console.PrintLine($"redis-check-aof {Release.VersionLine}");
                return 0;
            case ["-h" or "--help"]:
                console.PrintLine(Help);
                return 0;
            case [var path]: return Check(console, path, new(false, 0));
            case ["--fix", var path]: return Check(console, path, new(true, 0));
            case ["--truncate-to-timestamp", var text, var path]:
                if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var timestamp)) return Check(console, path, new(false, timestamp));
                console.PrintLine("Invalid timestamp, aborting...");
                return 1;
            default:
                console.PrintLine($"Usage: {console.CalledAs} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>");
                return 1;
        }
    }

    private static int Check(ToolConsole console, string path, AofCheckOptions options)
    {
        using var check = new AofSetCheck(console, options);
        var isWhole = check.Run(path);
        check.Summary.Print(console);
        return isWhole ? 0 : 1;
    }
}

/// <summary>What is to be done beside looking.</summary>
/// <param name="Fixes">Cut off what is not whole.</param>
/// <param name="ToTimestamp">Seconds since 1970: cut off what is later. 0: nothing.</param>
internal readonly record struct AofCheckOptions(bool Fixes, long ToTimestamp);
