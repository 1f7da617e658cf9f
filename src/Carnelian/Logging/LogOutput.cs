using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Where the log goes: standard output, or a file that is opened for each line, so that it may be rotated away at any time; and
/// to syslog as well, if that is wanted. A disk that stands still, or a pipe that nobody reads, does not hold up who has something to tell.
/// </summary>
internal sealed class LogOutput : TextWriter
{
    private readonly ServerOptions _options;
    private readonly Clock _clock;
    private readonly Stream _standard = Console.OpenStandardOutput();
    private readonly PatientWriter _writer;
    private Syslog? _syslog;

    public LogOutput(ServerOptions options, Clock clock)
    {
        (_options, _clock) = (options, clock);
        _writer = new("log", WriteNow);
        // Whoever ends the process has told why.
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>When the configuration has been read: a file that can't be written would be missed too late.</summary>
    public ConfigurationError? Check()
    {
        if (_options.SyslogEnabled) _syslog = new(_options.SyslogIdentity, _options.SyslogFacility, _clock);
        if (_options.LogFile.Length == 0) return null;
        try
        {
            Open().Dispose();
            return null;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new($"Can't open the log file: {DiskTrouble.StatusOf(e, _options.LogFile).Error}");
        }
    }

    public void WriteToSyslog(LogLevel level, string message) => _syslog?.Write(level switch
    {
        LogLevel.Trace => Syslog.Debug,
        LogLevel.Debug => Syslog.Information,
        LogLevel.Information => Syslog.Notice,
        _ => Syslog.Warning,
    }, message);

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value) => _writer.Write(ByteText.BytesOfShown(value ?? ""));

    public override void Write(StringBuilder? value) => Write(value?.ToString());

    /// <summary>Returns when all has been written.</summary>
    public void Finish() => _writer.Finish();

    private void OnProcessExit(object? sender, EventArgs e) => Finish();

    protected override void Dispose(bool disposing)
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        _writer.Dispose();
        base.Dispose(disposing);
    }

    private void WriteNow(byte[] bytes)
    {
        try
        {
            if (_options.LogFile.Length == 0)
            {
                _standard.Write(bytes);
                return;
            }
            using var stream = Open();
            stream.Write(bytes);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            // There is nowhere left to tell of it, and the log is not worth the server.
        }
    }

    private FileStream Open() => new(_options.LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
}
