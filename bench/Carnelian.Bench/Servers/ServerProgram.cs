using System.Diagnostics;

namespace Carnelian;

/// <summary>A server that can be started: its name in the report, its command, its version, and which options it understands.</summary>
/// <param name="RedisOptions">Whether it takes redis-server's options; Garnet has its own.</param>
internal sealed record ServerProgram(string Name, string[] Command, bool RedisOptions, string Version)
{
    public const string Candidate = "candidate";

    public bool IsCandidate => Name == Candidate;

    public static ServerProgram Find(string name, string[] command, bool redisOptions, Children children)
    {
        var start = StartInfo(command, redisOptions);
        start.ArgumentList.Add("--version");
        var (exitCode, output, _) = children.Run(start, TimeSpan.FromSeconds(20));
        var version = output.Split('\n').FirstOrDefault(line => line.Length > 0)?.Trim();
        return new ServerProgram(name, command, redisOptions, exitCode == 0 && version != null ? version : "unknown version");
    }

    /// <summary>The command with the options of an empty server without persistence, on the loopback only.</summary>
    /// <param name="further">Options of redis-server.</param>
    public ProcessStartInfo StartOn(int port, string directory, int clientsMax, params string[] further)
    {
        var start = StartInfo(Command, RedisOptions);
        string[] options = ["--port", $"{port}", "--bind", "127.0.0.1"];
        if (RedisOptions)
            options = [.. options, "--save", "", "--dir", directory, "--maxclients", $"{clientsMax}", .. further];
        foreach (var option in options)
            start.ArgumentList.Add(option);
        start.WorkingDirectory = directory;
        return start;
    }

    private static ProcessStartInfo StartInfo(string[] command, bool redisOptions)
    {
        // A path is meant from where the user stands, but the server runs in a folder of its own.
        var program = command[0].Contains('/') ? Path.GetFullPath(command[0]) : command[0];
        var start = new ProcessStartInfo(program, command[1..]) { UseShellExecute = false };
        // Garnet is built for an older .NET than the one that runs this program.
        if (!redisOptions)
            start.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        return start;
    }
}
