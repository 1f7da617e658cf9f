using System.Diagnostics;
using System.IO.Pipes;
using System.Text;

namespace Carnelian;

/// <summary>
/// The way into the background. .NET can't fork, so the program starts itself anew with the same arguments; that process
/// leaves the terminal's session and does the work. The first one has read the configuration, to tell what is wrong with it
/// where the user sees it, and waits for the second to listen: who connects when it returns finds a server.
/// </summary>
internal sealed class DaemonStart : IDisposable
{
    /// <summary>Names the pipe's descriptor to the process that is started.</summary>
    private const string Variable = "CARNELIAN_DAEMON_PIPE";

    private const string Success = "ok";

    private readonly AnonymousPipeClientStream _pipe;

    private DaemonStart(string handle) => _pipe = new(PipeDirection.Out, handle);

    /// <summary>Makes this process the daemon if it was started to be one; otherwise null.</summary>
    public static DaemonStart? Enter()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } handle) return null;
        Environment.SetEnvironmentVariable(Variable, null);
        Daemon.Detach();
        return new(handle);
    }

    /// <param name="calledAs">The name that the program was called by: the daemon bears it too, for those who look for it.</param>
    /// <param name="directory">Where relative paths of the command line begin.</param>
    /// <returns>The exit status of the program that was called.</returns>
    public static int Launch(string calledAs, string[] args, string directory, byte[]? standardInput)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var start = new ProcessStartInfo(Find(calledAs, directory))
        {
            WorkingDirectory = directory,
            RedirectStandardInput = standardInput is not null,
            Environment = { [Variable] = pipe.GetClientHandleAsString() },
        };
        // Run by the dotnet program, it has to be told what to run.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        if (!Program.IsServerName(Path.GetFileName(start.FileName))) start.ArgumentList.Add("server");
        foreach (var argument in args) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        pipe.DisposeLocalCopyOfClientHandle();
        if (standardInput is not null)
        {
            using var input = process.StandardInput.BaseStream;
            input.Write(standardInput);
        }
        using var reader = new StreamReader(pipe, Encoding.UTF8);
        var report = reader.ReadToEnd();
        if (report == Success) return 0;
        Console.Error.WriteLine(report.Length > 0 ? report : "The server ended while it started. Its log may say why.");
        return 1;
    }

    /// <summary>The link to this program by that name, where a shell finds it; else the program itself.</summary>
    private static string Find(string name, string directory)
    {
        var program = Environment.ProcessPath!;
        var places = name.Contains('/') ? [""] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var files = Array.ConvertAll(places, place => Path.Combine(directory, place, name));
        return Array.Find(files, file => File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName == program) ?? program;
    }

    /// <summary>Tells the one who waits that the server listens, or why it does not.</summary>
    public void Report(string? error)
    {
        try
        {
            _pipe.Write(Encoding.UTF8.GetBytes(error ?? Success));
        }
        catch (IOException)
        {
            // Who was told has gone; the server has no need of him.
        }
        _pipe.Dispose();
    }

    public void Dispose() => _pipe.Dispose();
}
