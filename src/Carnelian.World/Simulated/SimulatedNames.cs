namespace Carnelian;

/// <summary>
/// Which names there are, and which would be there after a crash. A creation, a deletion and a rename are each done or not done as a whole; which of
/// those that are not synced have reached the disk is chance, in any order, but that none overtakes an earlier one of the same name.
/// </summary>
internal sealed class SimulatedNames
{
    private readonly SortedDictionary<string, SimulatedInode> _names = new(StringComparer.Ordinal) { [""] = new() { IsDirectory = true } };
    private readonly SortedDictionary<string, SimulatedInode> _durable = new(StringComparer.Ordinal) { [""] = new() { IsDirectory = true } };

    /// <summary>Not yet durable, oldest first.</summary>
    private readonly List<Change> _journal = [];

    /// <summary>One or two names. A null inode is a name that went away.</summary>
    private sealed record Change((string Path, SimulatedInode? Inode)[] Names)
    {
        public bool IsIn(string directory) => Array.Exists(Names, name => name.Path.Length > 0 && DirectoryOf(name.Path) == directory);

        public bool Shares(Change other) => Array.Exists(Names, name => Array.Exists(other.Names, theirs => theirs.Path == name.Path));

        public void Apply(SortedDictionary<string, SimulatedInode> names)
        {
            foreach (var (path, inode) in Names)
                if (inode is null) names.Remove(path);
                else names[path] = inode;
        }
    }

    public SimulatedInode? Find(string path) => _names.GetValueOrDefault(path);

    /// <summary>How many names a file has.</summary>
    public int CountOf(SimulatedInode inode) => _names.Values.Count(other => other == inode);

    public bool IsDirectory(string path) => Find(path) is { IsDirectory: true };

    /// <summary>Bytes of all files.</summary>
    public long Bytes => _names.Values.Distinct().Sum(inode => (long)inode.Length);

    public void Set(params (string Path, SimulatedInode? Inode)[] names)
    {
        var change = new Change(names);
        change.Apply(_names);
        _journal.Add(change);
    }

    /// <summary>Names, not paths, of the files or of the directories in a directory.</summary>
    public string[] In(string directory, bool directories)
    {
        var names = new List<string>();
        foreach (var (path, inode) in _names)
            if (path.Length > 0 && inode.IsDirectory == directories && DirectoryOf(path) == directory) names.Add(path[(path.LastIndexOf('/') + 1)..]);
        return [.. names];
    }

    /// <summary>What a sync of a directory that begins now makes durable: what was done in it, and what that stands on.</summary>
    public object[] Unsynced(string directory)
    {
        var chosen = new List<Change>();
        for (var i = _journal.Count - 1; i >= 0; i--)
            if (_journal[i].IsIn(directory) || chosen.Exists(_journal[i].Shares)) chosen.Insert(0, _journal[i]);
        return [.. chosen];
    }

    public void Sync(object[] unsynced)
    {
        foreach (Change change in unsynced)
            if (_journal.Remove(change)) change.Apply(_durable);
    }

    public void Crash(Randomness chance)
    {
        var lost = new List<Change>();
        var survivors = Survivors(chance);
        for (var i = 0; i < _journal.Count; i++)
        {
            if (survivors(i) && !lost.Exists(_journal[i].Shares)) _journal[i].Apply(_durable);
            else lost.Add(_journal[i]);
        }
        _journal.Clear();
        _names.Clear();
        // In order of names a directory comes before what is in it.
        foreach (var (path, inode) in _durable)
            if (path.Length == 0 || _names.ContainsKey(DirectoryOf(path))) _names[path] = inode;
        _durable.Clear();
        foreach (var (path, inode) in _names) _durable[path] = inode;
        // One file may have two names: by a link, and when of a rename across directories one side was synced.
        foreach (var inode in _names.Values.Distinct()) inode.Crash(chance);
    }

    private Func<int, bool> Survivors(Randomness chance)
    {
        var first = chance.Below(_journal.Count + 1);
        // Most file systems keep an order; POSIX asks for none.
        return chance.Below(3) switch { 0 => i => i < first, 1 => _ => chance.Below(2) == 0, _ => _ => chance.Below(8) != 0 };
    }

    /// <summary>Names as one spelling: no leading slash, no empty parts, no dots.</summary>
    public static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }

    public static string DirectoryOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];
}
