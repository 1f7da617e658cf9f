using System.Text;

namespace Carnelian.Tests;

/// <summary>What every disk does, on the real one and the simulated one.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class DiskTests(bool simulated)
{
    private World _world = null!;
    private string _root = "";

    private Disk Disk => _world.Disk;

    [SetUp]
    public void Open()
    {
        _world = simulated ? new SimulatedWorld(1) : new RealWorld();
        _root = simulated ? "/data" : Directory.CreateTempSubdirectory("carnelian").FullName;
        if (simulated) Disk.CreateDirectory(_root);
    }

    [TearDown]
    public void Close()
    {
        _world.Dispose();
        if (!simulated) Directory.Delete(_root, recursive: true);
    }

    private string In(string name) => $"{_root}/{name}";

    private void Write(string name, string text, DiskOpenMode mode = DiskOpenMode.Append)
    {
        using var file = Disk.Open(In(name), mode).Value!;
        Assert.That(file.Append(Encoding.ASCII.GetBytes(text)).Ok);
        Assert.That(file.Sync().Ok);
    }

    private string Read(string name) => Encoding.ASCII.GetString(Disk.ReadAll(In(name)).Value!);

    [Test]
    public void Appending_continues_and_replacing_begins_anew()
    {
        Write("a", "one");
        Write("a", "two");
        Assert.That(Read("a"), Is.EqualTo("onetwo"));
        Write("a", "three", DiskOpenMode.Replace);
        Assert.That(Read("a"), Is.EqualTo("three"));
    }

    [Test]
    public void The_whole_of_a_file_is_read_though_no_length_is_known()
    {
        Write("a", new string('x', 100_000));
        Assert.That(Read("a"), Has.Length.EqualTo(100_000));
        if (!simulated && OperatingSystem.IsLinux()) Assert.That(Encoding.ASCII.GetString(Disk.ReadAll("/proc/version").Value!), Does.StartWith("Linux version"));
    }

    [Test]
    public void Reading_at_a_position_ends_with_zero_and_truncating_shortens()
    {
        Write("a", "0123456789");
        using var file = Disk.Open(In("a"), DiskOpenMode.Append).Value!;
        var buffer = new byte[4];
        Assert.That(file.ReadAt(8, buffer).Value, Is.EqualTo(2));
        Assert.That(file.ReadAt(10, buffer).Value, Is.Zero);
        Assert.That(file.Truncate(3).Ok);
        Assert.That(file.Length, Is.EqualTo(3));
        Assert.That(file.Append("x"u8).Ok);
        Assert.That(Read("a"), Is.EqualTo("012x"));
    }

    [Test]
    public void Renaming_replaces_the_target_and_an_open_file_follows_its_name()
    {
        Write("new", "new");
        Write("old", "old");
        using var file = Disk.Open(In("new"), DiskOpenMode.Append).Value!;
        Assert.That(Disk.Rename(In("new"), In("old")).Ok);
        Assert.That(Disk.SyncDirectory(_root).Ok);
        Assert.That(Disk.FileExists(In("new")), Is.False);
        Assert.That(file.Append("er"u8).Ok);
        Assert.That(Read("old"), Is.EqualTo("newer"));
    }

    [Test]
    public void A_link_is_the_same_file_and_stays_when_the_first_name_goes()
    {
        Write("a", "old");
        Assert.That(Disk.CreateDirectory(In("sub")).Ok);
        Assert.That(Disk.Link(In("a"), In("sub/b")).Ok);
        using (var file = Disk.Open(In("a"), DiskOpenMode.Append).Value!) Assert.That(file.Append("er"u8).Ok);
        Assert.That(Read("sub/b"), Is.EqualTo("older"));
        Assert.That(Disk.Delete(In("a")).Ok);
        Write("a", "new");
        Assert.That(Read("sub/b"), Is.EqualTo("older"));
    }

    [Test]
    public void A_link_replaces_nothing()
    {
        if (OperatingSystem.IsWindows()) Skip.Because("Windows numbers errors otherwise.");
        Write("a", "a");
        Write("b", "b");
        Assert.That(Disk.Link(In("a"), In("b")).Name, Is.EqualTo("EEXIST"));
        Assert.That(Read("b"), Is.EqualTo("b"));
        Assert.That(Disk.Link(In("none"), In("c")).Name, Is.EqualTo("ENOENT"));
        Assert.That(Disk.Link(In("a"), In("no/where")).Name, Is.EqualTo("ENOENT"));
        Assert.That(Disk.CreateDirectory(In("sub")).Ok);
        var status = Disk.Link(In("sub"), In("c"));
        Assert.That((status.Name, DiskErrors.IsWithoutLinks(status)), Is.EqualTo(("EPERM", true)));
    }

    [Test]
    public void Files_are_listed_by_ordinal_without_directories()
    {
        foreach (var name in new[] { "b", "B", "a.10", "a.9" }) Write(name, "");
        Assert.That(Disk.CreateDirectory(In("sub/deep")).Ok);
        Write("sub/inner", "");
        Assert.That(Disk.List(_root).Value, Is.EqualTo(new[] { "B", "a.10", "a.9", "b" }));
        Assert.That(Disk.DirectoryExists(In("sub/deep")));
        Assert.That(Disk.Delete(In("b")).Ok);
        Assert.That(Disk.List(_root).Value, Has.Length.EqualTo(3));
    }

    [Test]
    public void Trouble_is_told_in_the_systems_words()
    {
        const string Missing = "No such file or directory";
        Assert.That(Disk.Open(In("none"), DiskOpenMode.Read).Status.Error, Is.EqualTo(Missing));
        Assert.That(Disk.ReadAll(In("none")).Status.Error, Is.EqualTo(Missing));
        Assert.That(Disk.Open(In("no/where"), DiskOpenMode.Append).Status.Error, Is.EqualTo(Missing));
        Assert.That(Disk.Delete(In("none")).Error, Is.EqualTo(Missing));
        Assert.That(Disk.Rename(In("none"), In("b")).Error, Is.EqualTo(Missing));
        Assert.That(Disk.List(In("none")).Status.Error, Is.EqualTo(Missing));
        Assert.That(Disk.SyncDirectory(In("none")).Error, Is.EqualTo(Missing));
        Write("file", "");
        Assert.That(Disk.CreateDirectory(In("file")).Error, Is.EqualTo("File exists"));
    }

    [Test]
    public void Trouble_names_its_error_and_its_path()
    {
        if (OperatingSystem.IsWindows()) Skip.Because("Windows numbers errors otherwise.");
        Assert.That(Disk.Open(In("none"), DiskOpenMode.Read).Status, Is.EqualTo(new DiskStatus("No such file or directory", "ENOENT", In("none"))));
        Assert.That(Disk.Open(_root, DiskOpenMode.Append).Status, Is.EqualTo(new DiskStatus("Is a directory", "EISDIR", _root)));
        Assert.That(Disk.Rename(In("none"), In("b")).ToString(), Is.EqualTo($"No such file or directory (ENOENT): {In("none")}"));
        Assert.That(Disk.SyncDirectory(In("none")).Path, Is.EqualTo(In("none")));
        Assert.That(Disk.List(In("none")).Status.Name, Is.EqualTo("ENOENT"));
        using var file = Disk.Open(In("a"), DiskOpenMode.Append).Value!;
        Assert.That(Disk.CreateDirectory(In("a")), Is.EqualTo(new DiskStatus("File exists", "EEXIST", In("a"))));
        Assert.That(Disk.CreateDirectory(In("sub")).Ok);
        Assert.That(Disk.Rename(In("a"), In("sub")).Name, Is.EqualTo("EISDIR"));
    }

    [Test]
    public void A_full_disk_says_so()
    {
        if (simulated) ((SimulatedWorld)_world).Disk.FreeBytes = 4;
        else if (!File.Exists("/dev/full")) Skip.Because("This machine has no /dev/full.");
        using var file = Disk.Open(simulated ? In("a") : "/dev/full", DiskOpenMode.Append).Value!;
        Assert.That(file.Append("123456"u8).Error, Is.EqualTo("No space left on device"));
        Assert.That(file.Length, Is.EqualTo(simulated ? 4 : 0));
    }
}
