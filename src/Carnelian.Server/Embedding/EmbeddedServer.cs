using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian;

/// <summary>
/// A server inside an application, with a command thread of its own. Clients reach it over the sockets that its options
/// name, if any; the application itself calls <see cref="Execute(string[])"/>.
/// <code>
/// using var server = EmbeddedServer.Start(new ServerOptions { Port = 0 });
/// server.Execute("SET", "greeting", "hello");
/// </code>
/// All members may be used by any thread.
/// </summary>
public sealed class EmbeddedServer : IDisposable
{
    private readonly Server _server;
    private readonly World? _ownWorld;
    private readonly CommandThread _thread;
    private readonly Lock _lock = new();

    /// <summary>Held while the server is disposed of, so that whoever else does it returns when that is done.</summary>
    private readonly Lock _disposing = new();

    /// <summary>Sessions with requests that are not answered: one is being run, or waits. And some that have waited. Command thread only.</summary>
    private readonly HashSet<LocalSession> _busy = [];

    /// <summary>Why nothing more is run.</summary>
    private Exception? _ended;
    private bool _disposed;

    private EmbeddedServer(Server server, World? ownWorld)
    {
        _server = server;
        _ownWorld = ownWorld;
        Port = server.Port;
        _thread = new("carnelian", RunServer);
    }

    /// <summary>The TCP port it listens on; 0 when there is none.</summary>
    public int Port { get; }

    /// <param name="options">Belong to the server from now on. <see cref="ServerOptions.Port"/> 0 without a unix socket: no socket at all.</param>
    /// <param name="world">Null: the machine. A world that is given outlives the server and serves nobody else meanwhile.</param>
    /// <param name="logger">Null: nothing is logged.</param>
    /// <param name="commands">Null: those of a data server.</param>
    /// <exception cref="InvalidOperationException">It can't serve, and why: an address in use, a socket's path that can't be made, data that can't be read.</exception>
    public static EmbeddedServer Start(ServerOptions options, World? world = null, ILogger? logger = null, CommandTable? commands = null)
    {
        var ownWorld = world is null ? new RealWorld() : null;
        Server? server = null;
        try
        {
            server = new Server(options, world ?? ownWorld!, logger ?? NullLogger.Instance, commands);
            if (server.Start() is { } error) throw new InvalidOperationException($"The server can't be started: {error}");
            server.Loading.RunToEnd();
            if (server.Startup.Error is { } failure) throw new InvalidOperationException($"The server can't be started: its data could not be loaded: {failure}");
            return new(server, ownWorld);
        }
        catch
        {
            server?.Dispose();
            ownWorld?.Dispose();
            throw;
        }
    }

    /// <summary>The defect that ended the server, or was found when it ended; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Runs one request, its arguments as UTF-8, and waits for its reply. See <see cref="Execute(byte[][])"/>.</summary>
    public RespValue Execute(params string[] arguments) => Execute(LocalRequest.Encode(arguments));

    /// <summary>
    /// Runs one request in a session of its own (database 0, RESP3) and waits for its reply. An error reply is a value too:
    /// <see cref="RespValue.IsError"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The server has ended: disposed, SHUTDOWN, or a defect, which is the inner exception. Or the caller is the command thread itself, on which
    /// the server calls its logger and what else it was given: waiting there for a reply would be waiting for itself. A logger that wants to
    /// write into the server that it logs for hands its lines to another thread.
    /// </exception>
    public RespValue Execute(params byte[][] arguments) => Execute(null, arguments);

    /// <summary>A session that lasts: SELECT and CLIENT SETNAME hold for what follows in it.</summary>
    public EmbeddedSession OpenSession() => new(this);

    internal RespValue Execute(EmbeddedSession? opened, byte[][] arguments)
    {
        ThrowIfOnCommandThread();
        var request = new LocalRequest(arguments);
        // Nothing may be posted that nobody will run: the lock divides what comes before the end from what comes after it.
        lock (_lock)
        {
            if (_ended is null) _server.Post(() => Run(opened, request));
            else request.Fail(_ended);
        }
        return request.Wait();
    }

    /// <summary>Not run at once either: most calls of loggers come from the midst of another request.</summary>
    private void ThrowIfOnCommandThread()
    {
        if (_thread.IsCurrent)
        {
            throw new InvalidOperationException(
                "A logger or a callback of the server, which runs on its command thread, must not call Execute or Dispose: it would wait for itself. Use another thread.");
        }
    }

    /// <summary>On the command thread.</summary>
    private void Run(EmbeddedSession? opened, LocalRequest request)
    {
        if (_ended is not null)
        {
            request.Fail(_ended);
            return;
        }
        var session = opened?.Session ?? new LocalSession(_server);
        if (opened is not null) opened.Session = session;
        // Before it runs: a defect in the midst of it must find who is to be told.
        _busy.Add(session);
        session.Run(request);
        if (session.IsIdle) _busy.Remove(session);
        else _busy.RemoveWhere(static other => other.IsIdle);
    }

    /// <summary>The command thread's body.</summary>
    private void RunServer()
    {
        Exception ended = new ObjectDisposedException(nameof(EmbeddedServer), "The server has ended.");
        try
        {
            _server.Run();
        }
        catch (Exception defect)
        {
            Failure = ended = defect;
            TryReport(defect);
        }
        lock (_lock) _ended = ended;
        _server.RunPosted();
        if (Failure is null)
        {
            // What was answered is to be there again at the next start.
            _server.AppendOnly.Flush();
            _server.LocalReplies.Release();
        }
        foreach (var session in _busy) session.Abandon(ended);
        _server.LocalReplies.Fail(ended);
        try
        {
            _server.Dispose();
        }
        catch (Exception defect)
        {
            Failure ??= defect;
        }
    }

    /// <summary>A logger that has brought the server down must not bring the application down too.</summary>
    private void TryReport(Exception defect)
    {
        try
        {
            _server.Crash.Write(defect);
        }
        catch (Exception)
        {
            // What it reports is in Failure.
        }
    }

    /// <summary>Stops the server, closes its connections and returns when its memory is given back.</summary>
    /// <exception cref="InvalidOperationException">Called on the command thread: see <see cref="Execute(byte[][])"/>.</exception>
    public void Dispose()
    {
        ThrowIfOnCommandThread();
        lock (_disposing)
        {
            if (_disposed) return;
            _disposed = true;
            _server.RequestStop();
            _thread.Join();
            _ownWorld?.Dispose();
        }
    }
}

/// <summary>One user of an <see cref="EmbeddedServer"/>, with a database and a name of its own. Requests run in order, whichever threads they come from.</summary>
public sealed class EmbeddedSession
{
    private readonly EmbeddedServer _server;

    internal EmbeddedSession(EmbeddedServer server) => _server = server;

    /// <summary>Made on the command thread with the first request.</summary>
    internal LocalSession? Session { get; set; }

    /// <summary>As <see cref="EmbeddedServer.Execute(string[])"/>, in this session.</summary>
    public RespValue Execute(params string[] arguments) => Execute(LocalRequest.Encode(arguments));

    /// <summary>As <see cref="EmbeddedServer.Execute(byte[][])"/>, in this session.</summary>
    public RespValue Execute(params byte[][] arguments) => _server.Execute(this, arguments);
}
