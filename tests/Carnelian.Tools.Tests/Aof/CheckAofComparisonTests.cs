using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Gives the same files to redis-check-aof: what is printed, what it exits with, and what becomes of the files.</summary>
internal sealed partial class CheckAofComparisonTests
{
    private static readonly string _ping = AofText.Command("PING"), _select = AofText.Command("SELECT", "0");

    /// <summary>Moments are in 2096, behind those at which the RDB files were written: where one is before, redis-check-aof takes it nevertheless.</summary>
    private static readonly Dictionary<string, string> _files = new()
    {
        ["good"] = _ping + _select,
        ["empty"] = "",
        ["cut in an argument"] = _ping + _select[..^8],
        ["cut in a length"] = _ping + _select[..5],
        ["cut behind a count"] = _ping + "*2\r\n",
        ["no end of an argument"] = _ping + "*1\r\n$4\r\nPINGxx",
        ["no transaction's end"] = _ping + AofText.Command("MULTI") + _ping,
        ["a transaction in one"] = _ping + AofText.Command("multi") + AofText.Command("MULTI"),
        ["an end of none"] = _ping + AofText.Command("exec"),
        ["no command"] = _ping + "garbage\r\n",
        ["no length"] = _ping + "*1\r\n+4\r\nPING\r\n",
        ["a negative length"] = _ping + "*1\r\n$-5\r\nPING\r\n",
        ["a huge length"] = _ping + "*1\r\n$99999999999999999999\r\nPING\r\n",
        ["no count"] = _ping + "*x\r\n$4\r\nPING\r\n",
        ["bytes that are no text"] = _ping + "*1\xff\r\n$4\r\nPING\r\n",
        ["moments"] = "#TS:4000000100\r\n" + _ping + "#TS:4000000200\r\n" + _select + "#TS:4000000300\r\n" + _ping,
        ["late"] = "#TS:4000000300\r\n" + _ping,
    };

    private readonly RealWorld _world = new();
    private string _program = "", _folder = "";

    [OneTimeSetUp]
    public void FindReference()
    {
        _program = Path.Combine(ReferenceServer.Programs(), "redis-check-aof");
        _folder = Directory.CreateTempSubdirectory("carnelian-check-").FullName;
    }

    [OneTimeTearDown]
    public void DeleteFiles()
    {
        _world.Dispose();
        if (_folder.Length > 0) Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Single_files_get_the_same_words_and_the_same_end([Values("", "--fix", "--truncate-to-timestamp 4000000150")] string options)
    {
        foreach (var (name, text) in _files)
        {
            var bytes = Encoding.Latin1.GetBytes(text);
            AssertSame(name, [("x.aof", bytes)], $"{options} x.aof");
            AssertSame($"{name}, behind RDB", [("x.aof", [.. Sample.Redis, .. bytes])], $"{options} x.aof");
        }
    }

    [Test]
    public void Sets_get_the_same_words_and_the_same_end([Values("", "--fix", "--truncate-to-timestamp 4000000150")] string options)
    {
        var good = Encoding.Latin1.GetBytes(_files["good"]);
        foreach (var (name, text) in _files)
        {
            var bytes = Encoding.Latin1.GetBytes(text);
            const string manifest = "# a comment\nfile b.rdb seq 1 type b\nfile 1.aof seq 1 type i\nfile 2.aof seq 2 type i\n";
            // Of a set whose base was there at the moment nothing is left here but that base; redis-check-aof refuses it.
            if (name != "late" || !options.StartsWith("--truncate", StringComparison.Ordinal)) AssertSame($"{name} last", [("m", Encoding.Latin1.GetBytes(manifest)), ("b.rdb", Sample.Redis), ("1.aof", good), ("2.aof", bytes)], $"{options} m");
            AssertSame($"{name} in the midst", [("m", Encoding.Latin1.GetBytes(manifest)), ("b.rdb", good), ("1.aof", bytes), ("2.aof", good)], $"{options} m");
        }
    }

    [Test]
    public void Manifests_that_are_none_get_the_same_words()
    {
        string[] manifests = ["file b seq x type b\n", "file b seq 1 type z\n", "file a/b seq 1 type b\n", "file b seq 1 type b\nfile c seq 1 type b\n", "file b seq 1 type i\nfile b seq 1 type i\n", "file b seq 1 type b"];
        foreach (var manifest in manifests) AssertSame(manifest, [("m", Encoding.Latin1.GetBytes(manifest)), ("b", Encoding.Latin1.GetBytes(_ping))], "m");
    }

    private void AssertSame(string what, (string Name, byte[] Bytes)[] files, string line)
    {
        var arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        arguments[^1] = Path.Combine(_folder, arguments[^1]);
        Fill(files);
        var start = new ProcessStartInfo(_program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, StandardOutputEncoding = Encoding.Latin1 };
        using var process = Process.Start(start)!;
        process.StandardInput.Write("y\n");
        process.StandardInput.Close();
        var expected = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var expectedFiles = Contents(files);

        Fill(files);
        using var output = new MemoryStream();
        var status = CheckAof.Run(new(_world, "tool", output, Stream.Null, new MemoryStream("y\n"u8.ToArray())), arguments);
        Assert.That(Comparable(Encoding.Latin1.GetString(output.ToArray())), Is.EqualTo(Comparable(expected)), what);
        Assert.That(status, Is.EqualTo(process.ExitCode), what);
        Assert.That(Contents(files), Is.EqualTo(expectedFiles), what);
    }

    private void Fill((string Name, byte[] Bytes)[] files)
    {
        foreach (var (name, bytes) in files) File.WriteAllBytes(Path.Combine(_folder, name), bytes);
    }

    private string[] Contents((string Name, byte[] Bytes)[] files) => [.. files.Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(_folder, file.Name))))];

    /// <summary>
    /// Without the time that redis-check-aof tells the log in, without our summary, and without the bytes that it tells of behind the end of a file: its memory held
    /// something there, ours nothing.
    /// </summary>
    private static string[] Comparable(string output) => [.. BehindTheEnd().Replace(LogPrefix().Replace(output, ""), "got: nothing").Split('\n').Where(line => !line.StartsWith("[summary]", StringComparison.Ordinal))];

    [GeneratedRegex(@"^\d+:C .* # ", RegexOptions.Multiline)]
    private static partial Regex LogPrefix();

    [GeneratedRegex("got: 00[0-9a-f]{2}")]
    private static partial Regex BehindTheEnd();
}
