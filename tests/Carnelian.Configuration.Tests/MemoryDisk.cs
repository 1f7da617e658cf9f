using System.Text;

namespace Carnelian.Tests;

/// <summary>Files in a dictionary; one kind of operation can be made to fail.</summary>
internal sealed class MemoryDisk : Disk
{
    public readonly SortedDictionary<string, string> Files = new(StringComparer.Ordinal);
    public readonly List<string> Log = [];
    public string? Failing;

    public override DiskResult<DiskFile> Open(string path, DiskOpenMode mode)
    {
        if (mode == DiskOpenMode.Read && !Files.ContainsKey(path)) return new(null, new("No such file or directory"));
        if (mode == DiskOpenMode.Replace || !Files.ContainsKey(path)) Files[path] = "";
        return new(new File(this, path), Status($"open {path}"));
    }

    public override DiskStatus Rename(string from, string to)
    {
        var status = Status($"rename {from} {to}");
        if (status.Ok && Files.Remove(from, out var content)) Files[to] = content;
        return status;
    }

    /// <summary>A copy: nothing that is tested with it writes into a file that has two names.</summary>
    public override DiskStatus Link(string path, string name)
    {
        if (!Files.TryGetValue(path, out var content)) return new("No such file or directory");
        if (Files.ContainsKey(name)) return new("File exists");
        var status = Status($"link {path} {name}");
        if (status.Ok) Files[name] = content;
        return status;
    }

    public override DiskStatus Delete(string path) => Files.Remove(path) ? Status($"delete {path}") : new("No such file or directory");

    public override DiskStatus CreateDirectory(string path) => DiskStatus.Success;

    public override DiskStatus SyncDirectory(string path) => Status($"syncdir {path}");

    public override bool FileExists(string path) => Files.ContainsKey(path);

    public override bool DirectoryExists(string path) => true;

    public override DiskResult<string[]> List(string directory)
    {
        var prefix = directory.EndsWith('/') ? directory : directory + "/";
        return new([.. Files.Keys.Where(path => path.StartsWith(prefix) && !path[prefix.Length..].Contains('/')).Select(path => path[prefix.Length..])], default);
    }

    public override DiskResult<string[]> ListDirectories(string directory)
    {
        var prefix = directory.EndsWith('/') ? directory : directory + "/";
        var paths = Files.Keys.Where(path => path.StartsWith(prefix) && path[prefix.Length..].Contains('/'));
        return new([.. paths.Select(path => path[prefix.Length..].Split('/')[0]).Distinct()], default);
    }

    private DiskStatus Status(string operation)
    {
        Log.Add(operation);
        return Failing is not null && operation.StartsWith(Failing) ? new("No space left on device") : DiskStatus.Success;
    }

    private sealed class File(MemoryDisk disk, string path) : DiskFile
    {
        public override long Length => disk.Files[path].Length;

        public override DiskResult<int> ReadAt(long position, Span<byte> destination)
        {
            var rest = Encoding.Latin1.GetBytes(disk.Files[path]).AsSpan((int)position);
            var count = Math.Min(rest.Length, destination.Length);
            rest[..count].CopyTo(destination);
            return new(count, default);
        }

        public override DiskStatus Append(ReadOnlySpan<byte> source)
        {
            disk.Files[path] += Encoding.Latin1.GetString(source);
            return disk.Status("append");
        }

        public override DiskStatus Sync() => disk.Status("sync");

        public override DiskStatus Truncate(long length)
        {
            disk.Files[path] = disk.Files[path][..(int)length];
            return default;
        }

        public override void Dispose() { }
    }
}
