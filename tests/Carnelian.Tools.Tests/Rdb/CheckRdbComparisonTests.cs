using System.Diagnostics;
using System.Text;

namespace Carnelian.Tests;

/// <summary>Shows the same files, whole and damaged, to redis-check-rdb.</summary>
internal sealed class CheckRdbComparisonTests
{
    private readonly RealWorld _world = new();
    private string _program = "", _folder = "";

    [OneTimeSetUp]
    public void FindReference()
    {
        _program = Path.Combine(ReferenceServer.Programs(), "redis-check-rdb");
        _folder = Directory.CreateTempSubdirectory("carnelian-check-").FullName;
    }

    [OneTimeTearDown]
    public void DeleteFiles()
    {
        _world.Dispose();
        if (_folder.Length > 0) Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Cut_off_files_get_the_same_words_and_the_same_place()
    {
        for (var length = Sample.Redis.Length; length >= 0; length -= 23) AssertSame(Sample.Redis.AsSpan(0, length), $"cut at {length}");
    }

    [Test]
    public void Changed_bytes_get_the_same_words_and_the_same_place()
    {
        for (var at = 0; at < Sample.Redis.Length; at += 37)
        {
            var file = Sample.Redis.ToArray();
            file[at] ^= 1;
            AssertSame(file, $"byte {at} changed");
        }
    }

    private void AssertSame(ReadOnlySpan<byte> file, string what)
    {
        var path = Path.Combine(_folder, "x.rdb");
        File.WriteAllBytes(path, file);
        using var process = Process.Start(new ProcessStartInfo(_program, [path]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.Latin1 })!;
        var expected = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        using var output = new MemoryStream();
        var status = CheckRdb.Run(new(_world, "tool", output, Stream.Null, Stream.Null), [path]);
        var result = new ToolResult(status, Encoding.Latin1.GetString(output.ToArray()), "");
        Assert.That(status, Is.EqualTo(process.ExitCode), what);
        // What our structures could not bear is refused although Redis accepts it: then the checksum is wrong there.
        if (IsInValue(result.Output) && !IsInValue(expected)) return;
        Assert.That(Comparable(result.Output), Is.EqualTo(Comparable(expected)), what);
    }

    private static bool IsInValue(string output) => output.Contains("While doing: read-object-value", StringComparison.Ordinal);

    /// <summary>Faults of values have words of our own, and the place where the value is wrong instead of the one that is read next.</summary>
    private static string[] Comparable(string output)
    {
        var lines = output.Split('\n').Where(line => !line.StartsWith("[summary]", StringComparison.Ordinal) && !line.Contains(":C ")).ToArray();
        var error = Array.IndexOf(lines, "--- RDB ERROR DETECTED ---") + 1;
        if (IsInValue(output) || lines[error].Contains("Internal error", StringComparison.Ordinal)) lines[error] = "";
        return lines;
    }
}
