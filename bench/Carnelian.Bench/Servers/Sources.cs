using System.Diagnostics;

namespace Carnelian;

/// <summary>
/// Obtains what is compared: the candidate is published from this repository, Redis and Valkey come from eng/reference-servers.sh,
/// Garnet is installed as a .NET tool. What was fetched stays in the user's cache.
/// </summary>
internal sealed class Sources(Options options, Children children) : IDisposable
{
    private const string GarnetVersion = "2.2.8";

    private static readonly TimeSpan FetchMax = TimeSpan.FromMinutes(30);

    private readonly string _cache = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "carnelian-reference");

    private string? _references;
    private string? _published;

    /// <summary>valkey-benchmark loads all servers, whichever are compared.</summary>
    public string Benchmark() => Existing(Path.Combine(References(), "valkey-benchmark"));

    /// <summary>The candidate first: the ratios of the others are to it.</summary>
    public List<ServerProgram> Programs() => [.. options.Servers.Distinct().OrderByDescending(name => name == ServerProgram.Candidate).Select(Program)];

    public void Dispose()
    {
        if (_published != null)
            Directory.Delete(_published, recursive: true);
    }

    private ServerProgram Program(string name) => name switch
    {
        ServerProgram.Candidate => ServerProgram.Find(name, options.Candidate ?? PublishCandidate(), true, children),
        "garnet" => ServerProgram.Find(name, [Existing(options.Garnet ?? InstallGarnet())], false, children),
        _ => ServerProgram.Find(name, [Existing(Path.Combine(References(), $"{name}-server"))], true, children),
    };

    private string References()
    {
        if (_references != null)
            return _references;
        if (options.References != null)
            return _references = Path.GetFullPath(options.References);
        Console.WriteLine("obtaining the reference servers");
        // The script prints the folder of the programs as its last line.
        var output = Do(Path.Combine(RepositoryRoot(), "eng", "reference-servers.sh"), _cache);
        return _references = output.TrimEnd().Split('\n')[^1].Trim();
    }

    private string InstallGarnet()
    {
        var folder = Path.Combine(_cache, $"garnet-{GarnetVersion}");
        var program = Path.Combine(folder, "garnet-server");
        if (!File.Exists(program))
        {
            Console.WriteLine("installing Garnet");
            Do("dotnet", "tool", "install", "garnet-server", "--tool-path", folder, "--version", GarnetVersion);
        }
        return program;
    }

    private string[] PublishCandidate()
    {
        Console.WriteLine("publishing the candidate");
        _published = Directory.CreateTempSubdirectory("carnelian-publish-").FullName;
        Do("dotnet", "publish", Path.Combine(RepositoryRoot(), "src", "Carnelian"), "-c", "Release", "-o", _published);
        return [Existing(Path.Combine(_published, "carnelian")), "server"];
    }

    private string Do(string program, params string[] arguments)
    {
        var (exitCode, output, errors) = children.Run(new ProcessStartInfo(program, arguments), FetchMax);
        return exitCode == 0 ? output : throw new BenchStopped($"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{errors}");
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Carnelian.slnx")))
                return folder.FullName;
        throw new BenchStopped("this program does not stand in its repository: name --candidate, --refs and --garnet");
    }

    private static string Existing(string path) => File.Exists(path) ? Path.GetFullPath(path) : throw new BenchStopped($"there is no {path}");
}
