using System.Text;

namespace Carnelian.Tests;

/// <summary>Files of a server, copied from one place to another, and what the tools say of them.</summary>
internal static class DataFolder
{
    public const string Append = "appendonlydir", Manifest = Append + "/appendonly.aof.manifest";

    /// <summary>The files of a folder on a real disk.</summary>
    public static Dictionary<string, byte[]> Read(string folder) => Directory.GetFiles(folder).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);

    public static Dictionary<string, byte[]> Read(Disk disk, string folder) => disk.List(folder).Value!.ToDictionary(name => name, name => disk.ReadAll($"{folder}/{name}").Value!);

    public static void Write(string folder, Dictionary<string, byte[]> files)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in files) File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    public static void Write(Disk disk, string folder, Dictionary<string, byte[]> files)
    {
        Assert.That(disk.CreateDirectory(folder).Ok);
        foreach (var (name, bytes) in files) WriteFile(disk, $"{folder}/{name}", bytes);
    }

    public static void WriteFile(Disk disk, string path, ReadOnlySpan<byte> bytes)
    {
        using var file = disk.Open(path, DiskOpenMode.Replace).Value!;
        Assert.That(file.Append(bytes).Ok);
    }

    public static string Text(Disk disk, string path) => Encoding.Latin1.GetString(disk.ReadAll(path).Value!);

    /// <summary>What check-aof prints, and the status that it ends with.</summary>
    public static (int Status, string Output) CheckAof(World world, params string[] arguments) => Run(world, Carnelian.CheckAof.Run, arguments);

    public static (int Status, string Output) CheckRdb(World world, params string[] arguments) => Run(world, Carnelian.CheckRdb.Run, arguments);

    private static (int Status, string Output) Run(World world, Func<ToolConsole, string[], int> tool, string[] arguments)
    {
        using var output = new MemoryStream();
        var status = tool(new(world, "tool", output, output, Stream.Null), arguments);
        return (status, Encoding.Latin1.GetString(output.ToArray()));
    }
}
