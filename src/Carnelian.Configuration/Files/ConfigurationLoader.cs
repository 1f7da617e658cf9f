namespace Carnelian;

/// <summary>
/// Reads redis.conf into a registry, once at start-up: the file with what it includes, then standard input, then the
/// options of the command line. The later line wins, except for directives that gather their lines (<c>save</c>): these begin anew
/// with their first line, and with each behind an <c>include</c>, so that a file overrides what it includes, options too.
/// </summary>
public sealed class ConfigurationLoader(DirectiveRegistry registry, Disk disk)
{
    // Files that include each other must end; nobody has a thousand.
    private const int IncludesMax = 1000;

    // Gone from Redis, but still standing in many files: read and forgotten.
    private static readonly string[] _forgotten = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands", "io-threads-do-reads"];

    private readonly HashSet<Directive> _set = [];
    private readonly List<string> _unresolved = [];

    /// <summary>As Redis has it: behind an included file's end the lines of the file that includes it do not count as lines of a file.</summary>
    private bool _readsFile;
    private int _includes;

    /// <summary>
    /// Lines with an unknown first word. They may belong to modules, so Redis reads on and gives up only when nobody has
    /// claimed them: the owner logs "Unresolved Configuration(s) Detected:", each as ">>> 'line'", and stops.
    /// </summary>
    public IReadOnlyList<string> Unresolved => _unresolved;

    /// <param name="file">Path of the main file, if any.</param>
    /// <param name="standardInput">What came from standard input, if it was asked for.</param>
    /// <param name="options">See <see cref="StartupArguments.Options"/>.</param>
    /// <returns>Null, or why the server must not start.</returns>
    public ConfigurationError? Load(string? file, byte[]? standardInput = null, string options = "")
    {
        var text = "";
        if (file is not null && ReadFile(file, ref text) is { } error) return error;
        if (standardInput is not null) text += ByteText.FromBytes(standardInput);
        return LoadText(text + "\n" + options);
    }

    private ConfigurationError? LoadText(string text)
    {
        var lines = text.Split('\n');
        _readsFile = true;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim(' ', '\t', '\r', '\n');
            if (line.Length == 0 || line[0] == '#') continue;
            if (ByteText.Split(line) is not { } words) return new("Unbalanced quotes in configuration line", i + 1, line);
            if (words.Length == 0) continue;
            var arguments = words[1..];

            // An error within an included file names that file's line.
            if (words[0].Equals("include", StringComparison.OrdinalIgnoreCase) && arguments.Length == 1)
            {
                if (Include(arguments[0]) is { } included) return included.LineNumber < 0 ? included with { LineNumber = i + 1, Line = line } : included;
            }
            else if (LoadLine(words[0], arguments) is { } error) return new(ByteText.ToShown(error), i + 1, line);
        }
        _readsFile = false;
        return null;
    }

    private string? LoadLine(string name, string[] arguments)
    {
        if (registry.Find(name) is { } directive) return Set(directive, arguments);
        if (Array.Exists(_forgotten, word => word.Equals(name, StringComparison.OrdinalIgnoreCase)) && arguments.Length == 1) return null;
        if (registry.FindStatement(name) is { } statement && arguments.Length >= statement.ArgumentsMin && arguments.Length <= statement.ArgumentsMax)
            return statement.Read(arguments);
        if (arguments.Length == 0) return "Bad directive or wrong number of arguments";
        _unresolved.Add($"{name.ToLowerInvariant()} {string.Join(' ', arguments)}");
        return null;
    }

    private string? Set(Directive directive, string[] arguments)
    {
        if (!directive.Has(DirectiveFlags.MultiArgument))
        {
            if (arguments.Length != 1) return Directive.WrongNumberOfArguments;
        }
        // "--save '60 1 30 2'" is one argument for the shell, but four for the directive.
        else if (arguments.Length == 1 && arguments[0].Length > 0) arguments = ByteText.Split(arguments[0]) ?? [];
        return directive.Set(arguments, again: _readsFile && !_set.Add(directive)).Error;
    }

    private ConfigurationError? Include(string byteTextPath)
    {
        if (++_includes > IncludesMax) return AtThisLine("Too many included files");
        if (ByteText.ToText(byteTextPath) is not { } path) return AtThisLine("The path of an included file must be valid UTF-8");
        var text = "";
        if (!path.AsSpan().ContainsAny("*?[")) return ReadFile(path, ref text) ?? LoadText(text);

        // Nothing that matches is no error: an empty conf.d directory is quite usual.
        var found = new List<string>();
        Expand(path.StartsWith('/') ? "/" : "", path.Split('/', StringSplitOptions.RemoveEmptyEntries), found);
        foreach (var match in found)
        {
            if (ReadFile(match, ref text) is { } error) return error;
        }
        return LoadText(text);
    }

    /// <summary>The files that a path with wildcards stands for, as glob(7) finds and orders them.</summary>
    /// <param name="directory">What has been found so far: empty, or with a slash at its end.</param>
    private void Expand(string directory, ReadOnlySpan<string> parts, List<string> found)
    {
        var isLast = parts.Length == 1;
        foreach (var name in Matching(directory, parts[0], isLast))
        {
            if (isLast) found.Add(directory + name);
            else Expand($"{directory}{name}/", parts[1..], found);
        }
    }

    private string[] Matching(string directory, string part, bool isFile)
    {
        if (!part.AsSpan().ContainsAny("*?[")) return !isFile || disk.FileExists(directory + part) ? [part] : [];
        var place = directory.Length == 0 ? "." : directory;
        if ((isFile ? disk.List(place) : disk.ListDirectories(place)).Value is not { } names) return [];
        // File patterns negate a class with an exclamation mark.
        var pattern = ByteText.ToBytes(ByteText.FromText(part.Replace("[!", "[^", StringComparison.Ordinal)));
        // As in a shell, wildcards do not match the dot of a hidden file.
        return Array.FindAll(names, name =>
            (!name.StartsWith('.') || pattern[0] == '.') && GlobPattern.Matches(pattern, ByteText.ToBytes(ByteText.FromText(name))));
    }

    /// <summary>Line number -1: for the line with the include to fill in.</summary>
    private static ConfigurationError AtThisLine(string message) => new(message, -1);

    private ConfigurationError? ReadFile(string path, ref string text)
    {
        var read = disk.ReadAll(path);
        if (read.Value is not { } bytes) return new($"Fatal error, can't open config file '{path}': {read.Status.Error}", IsUnreadableFile: true);
        text += ByteText.FromBytes(bytes);
        return null;
    }
}
