using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>
/// A Redis or Valkey server of its own, on loopback, with an empty folder that goes with it. Where they come from:
/// eng/reference-servers.sh.
/// </summary>
internal sealed class ReferenceServer : IDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private ReferenceServer(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Where its files are.</summary>
    public string Folder => _folder;

    /// <summary>Name and version: "redis-8.0.6".</summary>
    public string Name { get; private set; } = "";

    /// <summary>
    /// The folder of the programs. Without them the running test is skipped and says why; where CI=true it fails, because
    /// there nobody would notice.
    /// </summary>
    public static string Programs()
    {
        var script = SourceTree.PathOf("eng", "reference-servers.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        if (process.ExitCode != 0) Skip.ForLackOf($"no reference servers: {error.Result.Trim()}");
        return lines[^1];
    }

    /// <param name="product">"redis", "valkey", or "redis-7.0".</param>
    public static ReferenceServer Start(string product, params string[] options) => StartWith(_ => { }, product, options);

    /// <param name="prepare">Puts files into the server's folder before it starts.</param>
    /// <param name="product">"redis", "valkey", or "redis-7.0".</param>
    public static ReferenceServer StartWith(Action<string> prepare, string product, params string[] options)
    {
        var dash = product.IndexOf('-');
        var program = Path.Combine(Programs(), dash < 0 ? $"{product}-server" : $"{product[..dash]}-server{product[dash..]}");
        var folder = Directory.CreateTempSubdirectory("carnelian-reference-").FullName;
        prepare(folder);
        var port = LoopbackPort.Claim();
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--loglevel", "notice", .. options];
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = folder })!;
        var server = new ReferenceServer(process, folder, port);
        using var ready = new ManualResetEventSlim();
        var log = new List<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null || ready.IsSet) return;
            log.Add(line.Data);
            if (line.Data.Contains(" version=", StringComparison.Ordinal))
                server.Name = $"{product}-{line.Data.Split(" version=")[1].Split(',')[0]}";
            if (line.Data.Contains("Ready to accept connections", StringComparison.Ordinal)) ready.Set();
        };
        process.BeginOutputReadLine();
        if (ready.Wait(Patience.OfPrograms)) return server;
        server.Dispose();
        throw new AssertionException($"{program} does not start:\n{string.Join('\n', log)}");
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
