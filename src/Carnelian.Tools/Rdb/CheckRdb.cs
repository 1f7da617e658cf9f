namespace Carnelian;

/// <summary>
/// <c>carnelian check-rdb FILE</c>: reads an RDB file as a server would that loads it, to the last value, and tells what is in it. Output and exit codes are those of redis-check-rdb; a summary follows.
/// </summary>
public static class CheckRdb
{
    private const string Help = """
        Usage: carnelian check-rdb FILE

        Reads an RDB file of any Redis since 2.6 or of Valkey as a server that loads it, and tells
        what is wrong with it and where, or what is in it: keys by form, their sizes, what expires.
        The memory that it takes is that of the largest value. Exits with 0 if the file is whole.
        """;

    public static int Run(ToolConsole console, string[] arguments)
    {
        if (arguments is not [var path]) return Refuse(console);
        if (path is "-v" or "--version") return PrintLine(console, $"redis-check-rdb {Release.VersionLine}");
        if (path is "-h" or "--help") return PrintLine(console, Help);
        console.PrintLine($"[offset 0] Checking RDB file {ByteText.FromText(path)}");
        var opened = console.World.Disk.Open(path, DiskOpenMode.Read);
        if (opened.Value is not { } file)
        {
            console.PrintError($"{console.CalledAs}: cannot open {ByteText.FromText(path)}: {opened.Status.Error}");
            return 1;
        }
        using (file)
        {
            var source = new RdbFileSource(file);
            using var check = new RdbCheck(console, source);
            var isWhole = check.Run();
            check.Summary.Print(console, source.Length - check.EndOffset);
            return isWhole ? 0 : 1;
        }
    }

    private static int Refuse(ToolConsole console)
    {
        console.PrintError($"Usage: {console.CalledAs} <rdb-file-name>");
        return 1;
    }

    private static int PrintLine(ToolConsole console, string text)
    {
        console.PrintLine(text);
        return 0;
    }
}
