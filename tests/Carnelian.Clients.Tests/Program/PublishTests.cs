using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>What an operator gets to install.</summary>
public class PublishTests
{
    [Test]
    public void The_native_executable_is_one_file_with_its_symbols_beside()
    {
        RequireNative();
        string[] files = [.. Directory.EnumerateFileSystemEntries(PublishedProgram.Folder).Select(file => Path.GetFileName(file))];
        Assert.That(files, Is.EquivalentTo(["carnelian", "carnelian.dbg"]));
        Assert.That(ChildProcess.Run(PublishedProgram.Path, ["--version"]).Output, Does.Contain(", native, 64 bits"));
    }

    /// <summary>Alone in a folder, it finds neither .NET nor a library that not every system has: OpenSSL is not in small containers.</summary>
    [Test]
    public void The_native_executable_needs_nothing_but_the_C_library()
    {
        RequireNative();
        using var server = new CarnelianServer("--enable-debug-command", "local");
        ChildProcess.Run(ClientPrograms.RedisCli(), ["-p", $"{server.Port}", "DEBUG", "DIGEST"]);
        var process = ChildProcess.Run(ClientPrograms.RedisCli(), ["-p", $"{server.Port}", "INFO", "server"]).Output
            .Split('\n').Single(line => line.StartsWith("process_id:")).Trim()["process_id:".Length..];
        var libraries = File.ReadLines($"/proc/{process}/maps").Where(line => line.Contains(".so")).Select(line => line[(line.LastIndexOf('/') + 1)..]).Distinct();
        Assert.That(libraries.Where(name => !name.StartsWith("libc.") && !name.StartsWith("libm.") && !name.StartsWith("ld-")), Is.Empty);
    }

    [Test]
    public void An_empty_native_server_takes_at_most_14_MB()
    {
        RequireNative();
        using var server = new CarnelianServer();
        var memory = ChildProcess.Run(ClientPrograms.RedisCli(), ["-p", $"{server.Port}", "INFO", "memory"]).Output;
        var resident = memory.Split('\n').Single(line => line.StartsWith("used_memory_rss:")).Trim()["used_memory_rss:".Length..];
        Assert.That(long.Parse(resident), Is.LessThanOrEqualTo(14 << 20));
    }

    [Test]
    public void The_portable_program_takes_the_place_of_the_native_one_and_the_other_way_round()
    {
        var folder = Directory.CreateTempSubdirectory("carnelian-publish-");
        try
        {
            // What lies there of the other kind goes, and nothing else.
            foreach (var name in (string[])["carnelian.dbg", "notes.txt"]) File.WriteAllText(Path.Combine(folder.FullName, name), "");
            var portable = PublishedProgram.Publish(folder.FullName, "-p:Portable=true");
            Assert.That(portable.Output, Does.Contain("published the portable program").And.Contain("asked for by Portable=true"));
            string[] files = [.. folder.EnumerateFiles().Select(file => file.Name)];
            Assert.That(files, Does.Contain("carnelian.dll").And.Contain("notes.txt").And.Not.Contain("carnelian.dbg"));
            var start = new ProcessStartInfo(Path.Combine(folder.FullName, "carnelian"), ["--version"]);
            Assert.That(ChildProcess.Run(start).Output, Does.Contain(", JIT, 64 bits"));
            if (!PublishedProgram.IsNative) return;

            var native = PublishedProgram.Publish(folder.FullName);
            Assert.That(native.Output, Does.Contain("published the native executable"));
            files = [.. folder.EnumerateFiles().Select(file => file.Name)];
            Assert.That(files, Is.EquivalentTo(["carnelian", "carnelian.dbg", "notes.txt"]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void RequireNative()
    {
        if (!PublishedProgram.IsNative) Skip.ForLackOf("the published program is the portable one: there is neither clang nor gcc");
    }
}
