namespace Carnelian.Tests;

public class LoaderTests
{
    private readonly ExampleOptions _options = new();
    private readonly MemoryDisk _disk = new();

    private ConfigurationLoader? _loader;

    private ConfigurationError? Load(string text, string options = "")
    {
        _disk.Files["/etc/redis.conf"] = text;
        _loader = new(_options.Registry, _disk);
        return _loader.Load("/etc/redis.conf", null, options);
    }

    [Test]
    public void Comments_and_blank_lines_are_skipped_and_names_ignore_case()
    {
        Assert.That(Load("# comment\r\n\r\n  \t\n  PORT 7000\r\n\tlogfile \"a\\x20b\"\n"), Is.Null);
        Assert.That((_options.Port, _options.LogFile), Is.EqualTo((7000L, "a b")));
    }

    [Test]
    public void The_later_line_wins_and_save_lines_add_up()
    {
        Assert.That(Load("timeout 1\ntimeout 2\nsave 60 1\nsave 30 2 20 3\nbind a b\nbind c\n"), Is.Null);
        Assert.That(_options.TimeoutSeconds, Is.EqualTo(2));
        Assert.That(_options.SavePoints, Is.EqualTo(new SavePoint[] { new(60, 1), new(30, 2), new(20, 3) }));
        Assert.That(_options.Bind, Is.EqualTo(new[] { "c" }));
    }

    [Test]
    public void An_empty_save_line_forgets_those_before_it()
    {
        Assert.That(Load("save 60 1\nsave \"\"\nsave 5 5"), Is.Null);
        Assert.That(_options.SavePoints, Is.EqualTo(new SavePoint[] { new(5, 5) }));
    }

    /// <summary>As recorded from Redis 8.0.6, CONFIG GET save of a server started so. The file ends at the bar, where the options begin.</summary>
    [TestCase("save 60 5\nsave 60 5", "60 5 60 5")]
    [TestCase("save 60 5|save 1 1\nsave 2 2", "60 5 1 1 2 2")]
    [TestCase("save 60 5|save \"\"", "")]
    [TestCase("save 60 5|timeout 11", "60 5")]
    [TestCase("include 900\nsave 60 5", "60 5")]
    [TestCase("include 900\nsave 60 5\nsave 61 6", "61 6")]
    [TestCase("save 60 5\ninclude 900", "60 5 900 1")]
    [TestCase("save 60 5\ninclude 900\nsave 61 6", "61 6")]
    [TestCase("include 900\ninclude 800", "900 1 800 1")]
    [TestCase("save 60 5\ninclude none\nsave 61 6", "61 6")]
    [TestCase("include none\nsave 61 6\nsave 62 7", "62 7")]
    [TestCase("include none\nsave 61 6\ninclude 900\ninclude 800", "900 1 800 1")]
    [TestCase("include nested\nsave 61 6", "61 6")]
    [TestCase("save 61 6\ninclude nested\nsave 62 6", "62 6")]
    [TestCase("save 61 6\ninclude nested", "2 3")]
    [TestCase("include 900|save 1 1", "1 1")]
    [TestCase("|include 900\nsave 1 1", "1 1")]
    [TestCase("|save 1 1\ninclude 900", "1 1 900 1")]
    public void A_file_overrides_the_save_points_of_what_it_includes(string files, string points)
    {
        _disk.Files["900"] = "save 900 1\n";
        _disk.Files["800"] = "save 800 1\n";
        _disk.Files["none"] = "timeout 11\n";
        _disk.Files["nested"] = "save 2 2\ninclude 900\nsave 2 3\n";
        Assert.That(Load(files.Split('|')[0], files.Contains('|') ? files.Split('|')[1] : ""), Is.Null);
        Assert.That(string.Join(' ', _options.SavePoints.Select(point => $"{point.Seconds} {point.Changes}")), Is.EqualTo(points));
    }

    /// <summary>A byte order mark, UTF-8, Latin-1.</summary>
    [TestCase("\u00ef\u00bb\u00bfport")]
    [TestCase("port \u00c3\u00b6")]
    [TestCase("port \u00f6\u00c3\u00b6\u00f0\u009f\u0098\u0080\u00ff")]
    public void A_bad_line_is_shown_byte_by_byte_as_it_stands_in_the_file(string byteText)
    {
        var report = ByteText.BytesOfShown(Load(byteText + "\0behind a NUL")!.Report("Redis 8.0.6"));
        Assert.That(ByteText.FromBytes(report), Does.Contain($"\n>>> '{byteText}'\n"));
    }

    [Test]
    public void Bytes_that_are_no_text_are_kept_beside_those_that_are()
    {
        // Not as test cases: an attribute holds no lone surrogates.
        const string Bytes = "\u00c3\u00b6\u00f0\u009f\u0098\u0080a\u00f6b\u00e2\u0082", Shown = "\u00f6\U0001f600a\udcf6b\udce2\udc82";
        Assert.That(ByteText.ToShown(Bytes), Is.EqualTo(Shown));
        Assert.That(ByteText.FromBytes(ByteText.BytesOfShown(Shown)), Is.EqualTo(Bytes));
    }

    [Test]
    public void A_buffer_limit_line_changes_the_classes_it_names()
    {
        Assert.That(Load("client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 4 5 6"), Is.Null);
        Assert.That(_options.OutputLimits, Is.EqualTo(new OutputBufferLimit[] { new(1, 2, 3), new(256 << 20, 64 << 20, 60), new(4, 5, 6) }));
    }

    [Test]
    public void Several_arguments_may_come_in_one_pair_of_quotes()
    {
        Assert.That(Load("save \"60 1 30 2\"\nbind \"a  b\""), Is.Null);
        Assert.That(_options.SavePoints, Has.Length.EqualTo(2));
        Assert.That(_options.Bind, Is.EqualTo(new[] { "a", "b" }));
    }

    [TestCase("port 0\nsave \"60 1\n", 2, "save \"60 1", "Unbalanced quotes in configuration line")]
    [TestCase("port\n", 1, "port", "wrong number of arguments")]
    [TestCase("\n\n  port 1 2  \n", 3, "port 1 2", "wrong number of arguments")]
    [TestCase("foo", 1, "foo", "Bad directive or wrong number of arguments")]
    [TestCase("maxmemory 1x", 1, "maxmemory 1x", "argument must be a memory value")]
    [TestCase("rename-command foo bar", 1, "rename-command foo bar", "No such command in rename-command")]
    [TestCase("include", 1, "include", "Bad directive or wrong number of arguments")]
    public void A_bad_line_is_reported_in_the_words_of_Redis(string text, int number, string line, string message)
    {
        Assert.That(Load(text)!.Report("Redis 8.0.6"), Is.EqualTo(
            $"\n*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***\nReading the configuration file, at line {number}\n>>> '{line}'\n{message}\n"));
    }

    [Test]
    public void Unknown_words_with_arguments_are_left_for_modules()
    {
        Assert.That(Load("FOO \"a b\" c\nx.y 1\nlua-replicate-commands yes\nlist-max-ziplist-entries 2 3\n"), Is.Null);
        Assert.That(_loader!.Unresolved, Is.EqualTo(new[] { "foo a b c", "x.y 1", "list-max-ziplist-entries 2 3" }));
    }

    [Test]
    public void Statements_reach_their_owner()
    {
        Assert.That(Load("rename-command FLUSHALL \"\"\nrename-command GET OBTAIN\nuser bob on >x ~*\n"), Is.Null);
        Assert.That(_options.Renamed, Is.EqualTo(new[] { "FLUSHALL>", "GET>OBTAIN" }));
        Assert.That(_options.Users, Is.EqualTo(new[] { "bob on >x ~*" }));
    }

    [Test]
    public void An_included_file_is_read_in_place()
    {
        _disk.Files["/etc/other.conf"] = "timeout 2\nport 2";
        Assert.That(Load("timeout 1\ninclude /etc/other.conf\nport 3"), Is.Null);
        Assert.That((_options.TimeoutSeconds, _options.Port), Is.EqualTo((2L, 3L)));
    }

    [Test]
    public void Wildcards_include_files_in_order_and_skip_hidden_ones()
    {
        _disk.Files["/etc/d/b.conf"] = "timeout 2\n";
        _disk.Files["/etc/d/a.conf"] = "timeout 1\nport 1\n";
        _disk.Files["/etc/d/x.txt"] = "port 9\n";
        _disk.Files["/etc/d/.hidden.conf"] = "port 8\n";
        Assert.That(Load("include /etc/d/[!x]*.conf"), Is.Null);
        Assert.That((_options.TimeoutSeconds, _options.Port), Is.EqualTo((2L, 1L)));
    }

    [Test]
    public void Wildcards_may_stand_for_directories()
    {
        _disk.Files["/etc/b/redis.conf"] = "timeout 2\n";
        _disk.Files["/etc/a/redis.conf"] = "timeout 1\nport 1\n";
        _disk.Files["/etc/c/other.conf"] = "port 9\n";
        Assert.That(Load("include /e*/?/redis.conf"), Is.Null);
        Assert.That((_options.TimeoutSeconds, _options.Port), Is.EqualTo((2L, 1L)));
    }

    [Test]
    public void Wildcards_that_match_nothing_are_no_error_but_a_missing_file_is()
    {
        Assert.That(Load("include /etc/none.d/*.conf"), Is.Null);
        var error = Load("include /etc/none.conf");
        Assert.That(error, Is.EqualTo(new ConfigurationError("Fatal error, can't open config file '/etc/none.conf': No such file or directory", IsUnreadableFile: true)));
    }

    [Test]
    public void A_file_that_includes_itself_is_refused()
    {
        Assert.That(Load("include /etc/redis.conf")?.Message, Is.EqualTo("Too many included files"));
    }

    [Test]
    public void Start_up_options_win_and_count_their_lines_behind_the_file()
    {
        Assert.That(Load("port 1\ntimeout 1\n", StartupArguments.Parse(["--port", "2"]).Options), Is.Null);
        Assert.That((_options.TimeoutSeconds, _options.Port), Is.EqualTo((1L, 2L)));
        var error = Load("port 1\ntimeout 1", StartupArguments.Parse(["--port", "x y"]).Options);
        Assert.That((error!.LineNumber, error.Line), Is.EqualTo((3, "port \"x y\"")));
    }

    [Test]
    public void Options_without_a_file_begin_at_line_two()
    {
        var error = new ConfigurationLoader(_options.Registry, _disk).Load(null, null, StartupArguments.Parse(["--maxmemory", "1x"]).Options);
        Assert.That(error, Is.EqualTo(new ConfigurationError("argument must be a memory value", 2, "maxmemory \"1x\"")));
    }

    [Test]
    public void Standard_input_comes_between_file_and_options()
    {
        _disk.Files["/f"] = "port 1\ntimeout 1\nmaxclients 1\n";
        Assert.That(new ConfigurationLoader(_options.Registry, _disk).Load("/f", "timeout 2\nmaxclients 2"u8.ToArray(), "maxclients 3"), Is.Null);
        Assert.That((_options.Port, _options.TimeoutSeconds, _options.MaxClients), Is.EqualTo((1L, 2L, 3L)));
    }
}
