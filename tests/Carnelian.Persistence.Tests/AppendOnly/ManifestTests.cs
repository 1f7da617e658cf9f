namespace Carnelian.Tests;

internal sealed class ManifestTests
{
    private static AppendOnlyManifest Parse(string text)
    {
        Assert.That(ManifestText.TryParse(PersistenceRig.Bytes(text), out var manifest, out var error), error?.Message);
        return manifest;
    }

    private static string Write(AppendOnlyManifest manifest) => ByteText.FromBytes(ManifestText.Write(manifest));

    [Test]
    public void What_Redis_writes_is_read_and_written_back()
    {
        const string text = "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.1.incr.aof seq 1 type h\nfile appendonly.aof.4.incr.aof seq 4 type i startoffset 1 endoffset 17\n";
        var manifest = Parse(text);
        Assert.That(manifest.Files.Select(file => file.Name), Is.EqualTo(["appendonly.aof.2.base.rdb", "appendonly.aof.4.incr.aof"]));
        Assert.That(manifest.History.Select(file => file.Sequence), Is.EqualTo([1L]));
        Assert.That((manifest.Increments[0].StartOffset, manifest.Increments[0].EndOffset), Is.EqualTo(((long?)1, (long?)17)));
        Assert.That(Write(manifest), Is.EqualTo(text));
    }

    [Test]
    public void Where_an_increment_begins_is_kept_and_where_it_ended_is_forgotten_when_it_goes_on()
    {
        // So Redis 8 leaves it when it is shut down.
        var manifest = Parse("file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i startoffset 0 endoffset 5\n");
        Assert.That(Write(manifest.Reopened()), Is.EqualTo("file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i startoffset 0\n"));
        Assert.That(manifest.Reopened().Reopened().NewBase("a", isRdb: true).Sequence, Is.EqualTo(2));
        Assert.That(Write(manifest.WithNewIncrement("a").UpTo(1)), Is.EqualTo(Write(manifest)));
    }

    [Test]
    public void Unknown_words_comments_quotes_and_other_orders_are_taken()
    {
        var manifest = Parse("# a comment\nTYPE i seq 7x file \"a \\x62\" colour red\n");
        Assert.That(manifest.Increments.Single(), Is.EqualTo(new AppendOnlyFileInfo("a b", 7, AppendOnlyFileType.Increment)));
        Assert.That(Write(manifest), Is.EqualTo("file \"a b\" seq 7 type i\n"));
    }

    [Test]
    public void A_name_with_an_apostrophe_is_read_again()
    {
        var manifest = AppendOnlyManifest.Empty.WithNewIncrement("o'clock");
        Assert.That(Write(manifest), Is.EqualTo("file \"o'clock.1.incr.aof\" seq 1 type i\n"));
        Assert.That(Parse(Write(manifest)).Increments.Single(), Is.EqualTo(manifest.Increments.Single()));
    }

    [TestCase("", "Found an empty AOF manifest", 0, null)]
    [TestCase("file a seq 1 type b", "The AOF manifest file contains too long line", 1, null)]
    [TestCase("\n", "Invalid AOF manifest file format", 1, "")]
    [TestCase("#x\nfile a seq 1 type\n", "Invalid AOF manifest file format", 2, "file a seq 1 type")]
    [TestCase("file a seq 0 type b\n", "Invalid AOF manifest file format", 1, "file a seq 0 type b")]
    [TestCase("file a seq 1 kind b\n", "Invalid AOF manifest file format", 1, "file a seq 1 kind b")]
    [TestCase("file ../a seq 1 type b\n", "File can't be a path, just a filename", 1, "file ../a seq 1 type b")]
    [TestCase("file a seq 1 type b\nfile b seq 2 type b\n", "Found duplicate base file information", 2, "file b seq 2 type b")]
    [TestCase("file a seq 2 type i\nfile b seq 2 type i\n", "Found a non-monotonic sequence number", 2, "file b seq 2 type i")]
    [TestCase("file a seq 2 type x\n", "Unknown AOF file type", 1, "file a seq 2 type x")]
    public void A_wrong_one_is_refused_in_the_words_of_Redis(string text, string message, int line, string? shown)
    {
        Assert.That(ManifestText.TryParse(PersistenceRig.Bytes(text), out _, out var error), Is.False);
        Assert.That(error, Is.EqualTo(new ManifestError(message, line, shown)));
    }

    [Test]
    public void A_line_of_more_than_1024_bytes_is_refused() =>
        Assert.That(ManifestText.TryParse(PersistenceRig.Bytes("file " + new string('a', 1100) + " seq 1 type b\n"), out _, out var error) ? "" : error!.Message, Is.EqualTo("The AOF manifest file contains too long line"));

    [Test]
    public void A_rewrite_makes_history_of_what_it_replaces_and_uses_no_name_twice()
    {
        var manifest = AppendOnlyManifest.Empty.WithNewBase(AppendOnlyManifest.Empty.NewBase("a", isRdb: true)).WithNewIncrement("a").WithNewIncrement("a");
        var rewritten = manifest.WithNewBase(manifest.NewBase("a", isRdb: false)).WithoutIncrements(keepLast: 1);
        Assert.That(Write(rewritten), Is.EqualTo("file a.2.base.aof seq 2 type b\nfile a.1.incr.aof seq 1 type h\nfile a.1.base.rdb seq 1 type h\nfile a.2.incr.aof seq 2 type i\n"));
        var empty = rewritten.WithoutHistory().WithoutIncrements(keepLast: 0).WithoutHistory();
        Assert.That(Write(empty.WithNewIncrement("a", 12)), Is.EqualTo("file a.2.base.aof seq 2 type b\nfile a.3.incr.aof seq 3 type i startoffset 12\n"));
        Assert.That(Write(manifest), Is.EqualTo("file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n"), "the old one has not changed");
    }

    [TestCase("a.1.base.rdb", true)]
    [TestCase("a.12.incr.aof", true)]
    [TestCase("a.incr.aof", false)]
    [TestCase("a.1.incr.rdb", false)]
    [TestCase("b.1.base.rdb", false)]
    public void Parts_are_known_by_their_names(string name, bool isPart) => Assert.That(AppendOnlyNames.IsPart("a", name), Is.EqualTo(isPart));
}
