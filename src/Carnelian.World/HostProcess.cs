namespace Carnelian;

/// <summary>
/// What a server may change of the process that it runs in. A server program owns its process; one that an application
/// holds does not, and neither does a simulated one: see <see cref="SharedProcess"/>.
/// </summary>
public abstract class HostProcess
{
    /// <summary>Makes a directory the one that relative paths begin in. Its absolute path, or why it can't be.</summary>
    public abstract DiskResult<string> EnterDirectory(string path);

    /// <summary>How readily the kernel kills the process when memory runs out, from -1000 to 1000.</summary>
    public abstract DiskResult<int> ReadOomScore();

    public abstract DiskStatus WriteOomScore(int value);

    /// <summary>What ps shows, as far as there is room.</summary>
    public abstract void SetTitle(string title);

    /// <summary>Chooses the order of text; empty: as the environment says. False when the machine has no such locale.</summary>
    public abstract bool SetCollation(string locale);

    /// <summary>
    /// How many files the process takes for itself: what is open now, and what the runtime is still to open. 0 where it is not for the server to say.
    /// </summary>
    public abstract int CountOwnFiles();

    /// <summary>Lets the process open so many files at once, or as many as the system allows.</summary>
    public abstract OpenFilesLimit RaiseOpenFiles(long wanted);
}

/// <summary>How many files a process may open: before and now, and why it is less than was wanted.</summary>
public readonly record struct OpenFilesLimit(long Before, long Now, string? Error);

/// <summary>A process that is others' as well: nothing of it is changed.</summary>
internal sealed class SharedProcess(World world) : HostProcess
{
    private const string Refusal = "The process is not the server's own";

    public override DiskResult<string> EnterDirectory(string path) =>
        world.Disk.DirectoryExists(path) ? new(path, DiskStatus.Success) : new(null, new("No such file or directory"));

    public override DiskResult<int> ReadOomScore() => new(0, new(Refusal));

    public override DiskStatus WriteOomScore(int value) => new(Refusal);

    public override void SetTitle(string title) { }

    public override bool SetCollation(string locale) => locale is "" or "C" or "POSIX";

    public override int CountOwnFiles() => 0;

    public override OpenFilesLimit RaiseOpenFiles(long wanted) => new(wanted, wanted, null);
}
