namespace Carnelian.Tests;

/// <summary>
/// The clients that these tests run, and their installation where they are missing: Debian's packages through apt-get, those
/// of Node.js into the user's cache, programs of Redis 8 and Valkey as eng/reference-servers.sh gets them. What cannot be had
/// skips the test that asks for it, or fails it where CI=true.
/// </summary>
internal static class ClientPrograms
{
    /// <summary>redis-cli of Redis 7, in Debian 12.</summary>
    public static string RedisCli() => FromDebian("/usr/bin/redis-cli", "redis-tools");

    /// <summary>Debian's own Python: another one on the path does not see Debian's packages.</summary>
    public static string Python() => FromDebian("/usr/bin/python3", "python3-redis", "-c", "import redis");

    public static string Prometheus() => FromDebian("/usr/bin/prometheus", "prometheus");

    /// <summary>Comes with Prometheus.</summary>
    public static string Promtool() => FromDebian("/usr/bin/promtool", "prometheus");

    /// <summary>oliver006's redis_exporter.</summary>
    public static string RedisExporter() => FromDebian("/usr/bin/prometheus-redis-exporter", "prometheus-redis-exporter");

    /// <summary>Python's rq, with its command.</summary>
    public static string Rq() => FromDebian("/usr/bin/rq", "python3-rq", "--version");

    /// <summary>Ruby's Sidekiq, with its command.</summary>
    public static string Sidekiq() => FromDebian("/usr/bin/sidekiq", "ruby-sidekiq", "--version");

    public static string Ruby() => FromDebian("/usr/bin/ruby", "ruby-redis", "-e", "require 'redis'");

    /// <summary>A program of Redis 8 or Valkey: "redis-cli", "valkey-benchmark".</summary>
    public static string Reference(string name) => Path.Combine(ReferenceServer.Programs(), name);

    /// <summary>The folder node_modules with what Sessions/package-lock.json names.</summary>
    public static string NodeModules()
    {
        var sources = Path.Combine(AppContext.BaseDirectory, "Sessions");
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var folder = Directory.CreateDirectory(Path.Combine(cache, "carnelian-clients")).FullName;
        var wanted = File.ReadAllText(Path.Combine(sources, "package-lock.json"));
        var installed = Path.Combine(folder, "installed.json");
        if (!File.Exists(installed) || File.ReadAllText(installed) != wanted)
        {
            foreach (var name in new[] { "package.json", "package-lock.json" }) File.Copy(Path.Combine(sources, name), Path.Combine(folder, name), overwrite: true);
            Install("packages of Node.js", "npm", ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"]);
            File.WriteAllText(installed, wanted);   // Last: a half-done installation is begun again.
        }
        return Path.Combine(folder, "node_modules");
    }

    /// <param name="probe">Arguments with which the program succeeds when the package is there; without them its being there is enough.</param>
    private static string FromDebian(string program, string package, params string[] probe)
    {
        if (Works()) return program;
        Install(package, "apt-get", ["-qq", "update"]);
        Install(package, "apt-get", ["-qq", "-y", "--no-install-recommends", "install", package]);
        if (!Works()) Skip.ForLackOf($"{program} does not work although {package} is installed");
        return program;

        bool Works() => File.Exists(program) && (probe.Length == 0 || ChildProcess.Run(program, probe).Status == 0);
    }

    private static void Install(string what, string installer, string[] arguments)
    {
        Outcome outcome;
        try
        {
            outcome = ChildProcess.Run(installer, arguments, patience: Patience.OfBuilds);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Skip.ForLackOf($"{what} cannot be installed: {exception.Message}");
            return;
        }
        if (outcome.Status != 0) Skip.ForLackOf($"{what} cannot be installed: {installer} {string.Join(' ', arguments)}: {outcome.Everything.Trim()}");
    }
}
