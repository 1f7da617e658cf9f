using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>Carnelian as users run it: the published program, as a process of its own, on loopback and on a Unix socket, in an empty folder.</summary>
internal sealed class CarnelianServer : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("carnelian-clients-");
    private readonly ChildProcess _process;

    public CarnelianServer(params string[] options)
    {
        string[] arguments = ["server", "--port", $"{Port}", "--bind", "127.0.0.1", "--unixsocket", Socket, "--save", "", "--dir", Folder, .. options];
        _process = new(new ProcessStartInfo(Program, arguments));
        try
        {
            _process.WaitForOutput("Ready to accept connections unix");
        }
        catch (AssertionException)
        {
            Dispose();
            throw;
        }
    }

    public static string Program => PublishedProgram.Path;

    public int Port { get; } = LoopbackPort.Claim();

    public string Folder => _folder.FullName;

    public string Socket => Path.Combine(Folder, "s");

    public int ProcessId => _process.Id;

    public string Log => _process.Output;

    public void WaitForLog(string text) => _process.WaitForOutput(text);

    public void Dispose()
    {
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
