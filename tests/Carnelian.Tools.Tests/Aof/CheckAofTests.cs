using System.Text;

namespace Carnelian.Tests;

internal sealed class CheckAofTests
{
    private ToolRig _rig = null!;

    [SetUp]
    public void Open() => _rig = new();

    [TearDown]
    public void Close() => _rig.Dispose();

    private static string Command(params string[] words) => AofText.Command(words);

    private void Write(string path, string text) => _rig.Write(path, Encoding.Latin1.GetBytes(text));

    private string Read(string path) => Encoding.Latin1.GetString(_rig.Read(path));

    private ToolResult Check(string text, params string[] options)
    {
        Write("x.aof", text);
        return _rig.Run(CheckAof.Run, [.. options, "x.aof"]);
    }

    [Test]
    public void A_whole_file_is_valid_and_its_commands_are_counted()
    {
        var text = Command("SELECT", "0") + Command("SET", "k", "v") + "#TS:1700000000\r\n" + Command("set", "l", "w");
        var result = Check(text);
        Assert.That((result.Status, result.Lines), Is.EqualTo((0, result.Lines)));
        Assert.That(result.Lines, Is.EqualTo(new[] { "Start checking Old-Style AOF", $"AOF analyzed: filename=x.aof, size={text.Length}, ok_up_to={text.Length}, ok_up_to_line=20, diff=0", "AOF x.aof is valid" }));
        Assert.That(result.Summary, Is.EqualTo(new[]
        {
            $"x.aof: {text.Length} bytes, 3 commands", "SET 2, SELECT 1", "timestamps from 1700000000 (2023-11-14 22:13:20 UTC) to 1700000000 (2023-11-14 22:13:20 UTC)",
        }));
    }

    [Test]
    public void A_file_that_is_cut_off_anywhere_is_whole_up_to_the_command_before()
    {
        string[] commands = [Command("SET", "k", "v"), Command("MULTI"), Command("INCR", "n"), Command("EXEC"), Command("DEL", "k")];
        var text = string.Concat(commands);
        int[] ends = [0, commands[0].Length, text.Length - commands[^1].Length, text.Length];
        for (var length = 1; length < text.Length; length++)
        {
            var whole = ends.Last(end => end <= length);
            var result = Check(text[..length]);
            Assert.That(result.Status, Is.EqualTo(whole == length ? 0 : 1), $"{length}");
            Assert.That(result.Output, Does.Contain($"ok_up_to={whole}, "), $"{length}");
        }
    }

    [Test]
    public void What_is_not_whole_is_cut_off_after_asking()
    {
        var whole = Command("SET", "k", "v");
        Write("x.aof", whole + Command("SET", "l", "w")[..^3]);
        foreach (var (answer, status) in new[] { ("n\n", 1), ("", 1), ("y\n", 0) })
        {
            var before = Read("x.aof");
            var result = _rig.Run(CheckAof.Run, ["--fix", "x.aof"], answer);
            Assert.That(result.Status, Is.EqualTo(status));
            Assert.That(result.Output, Does.Contain($"This will shrink the AOF x.aof from {before.Length} bytes, with {before.Length - whole.Length} bytes, to {whole.Length} bytes\nContinue? [y/N]: "));
            Assert.That(result.Output, Does.Contain(status == 0 ? "Continue? [y/N]: Successfully truncated AOF x.aof\n" : "Continue? [y/N]: Aborting...\n"));
            Assert.That(Read("x.aof"), Is.EqualTo(status == 0 ? whole : before));
        }
        Assert.That(_rig.Run(CheckAof.Run, ["x.aof"]).Status, Is.Zero);
    }

    [Test]
    public void A_file_is_cut_off_before_what_is_later_than_a_moment()
    {
        var early = "#TS:100\r\n" + Command("SET", "k", "v");
        var text = early + "#TS:200\r\n" + Command("SET", "l", "w");
        Assert.That(Check(text, "--truncate-to-timestamp", "200").Output, Does.Contain("Truncate nothing in AOF x.aof to timestamp 200\nAOF x.aof is valid\n"));
        var result = Check(text, "--truncate-to-timestamp", "199");
        Assert.That((result.Status, result.Lines[^1]), Is.EqualTo((0, "Successfully truncated AOF x.aof to timestamp 199")));
        Assert.That(Read("x.aof"), Is.EqualTo(early));
        result = Check(text, "--truncate-to-timestamp", "99");
        Assert.That((result.Status, result.Lines[^1]), Is.EqualTo((1, "AOF x.aof has nothing before timestamp 99, aborting...")));
        Assert.That(Read("x.aof"), Is.EqualTo(text));
    }

    [Test]
    public void A_record_that_is_not_what_its_checksum_says_is_found()
    {
        var record = Encoding.Latin1.GetBytes(Command("SET", "k", "value"));
        var line = new byte[RecordChecksum.LineBytes];
        RecordChecksum.Write(line, RecordChecksum.Of(record), record.Length);
        var text = Encoding.Latin1.GetString(line) + Command("SET", "k", "value");
        var right = Check(text + Command("DEL", "k"));
        Assert.That((right.Status, right.Summary[^1]), Is.EqualTo((0, "1 records with a checksum that is right")));
        var wrong = Check(text.Replace("value", "velue") + Command("DEL", "k"));
        Assert.That(wrong.Status, Is.EqualTo(1));
        Assert.That(wrong.Lines[1], Does.StartWith("0x               0: Wrong checksum"));
        Assert.That(wrong.Lines[2], Does.Contain("ok_up_to=0, "));
    }

    [Test]
    public void All_files_of_a_set_are_checked_and_only_the_last_is_cut_off()
    {
        _rig.Write("a.1.base.rdb", Sample.Redis);
        Write("a.1.incr.aof", Command("SET", "k", "v"));
        Write("a.2.incr.aof", Command("SET", "l", "w") + "*1\r\n");
        Write("a.manifest", "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n");
        var result = _rig.Run(CheckAof.Run, ["a.manifest"]);
        Assert.That(result.Status, Is.EqualTo(1));
        Assert.That(result.Lines, Does.Contain("BASE AOF a.1.base.rdb is valid").And.Contain("INCR AOF a.1.incr.aof is valid").And.Contain("AOF a.2.incr.aof is not valid. Use the --fix option to try fixing it."));
        result = _rig.Run(CheckAof.Run, ["--fix", "a.manifest"], "y\n");
        Assert.That((result.Status, result.Lines[^1]), Is.EqualTo((0, "All AOF files and manifest are valid")));
        Assert.That(Read("a.2.incr.aof"), Is.EqualTo(Command("SET", "l", "w")));

        Write("a.1.incr.aof", "*1\r\n");
        result = _rig.Run(CheckAof.Run, ["--fix", "a.manifest"], "y\n");
        Assert.That((result.Status, result.Lines[^1]), Is.EqualTo((1, "Failed to truncate AOF a.1.incr.aof because it is not the last file")));
    }

    [Test]
    public void What_cannot_be_read_is_said()
    {
        Assert.That(Output("nothing.aof"), Is.EqualTo("Cannot open file nothing.aof: No such file or directory\n"));
        Write("a.manifest", "file a.1.incr.aof seq 1 type i\n");
        Assert.That(Output("a.manifest"), Does.Contain("Start to check INCR files.\nCannot open file ./a.1.incr.aof: No such file or directory, aborting...\n"));
        Write("b.manifest", "file a.1.incr.aof seq x type i\n");
        Assert.That(Output("b.manifest"), Does.Contain("Invalid AOF manifest file format"));
        Assert.That(Output("a", "b"), Is.EqualTo("Usage: tool [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n"));
        Assert.That(Output("--truncate-to-timestamp", "soon", "a"), Is.EqualTo("Invalid timestamp, aborting...\n"));

        string Output(params string[] arguments)
        {
            var result = _rig.Run(CheckAof.Run, arguments);
            Assert.That(result.Status, Is.EqualTo(1));
            return result.Output;
        }
    }
}
