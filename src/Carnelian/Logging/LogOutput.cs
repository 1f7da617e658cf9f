using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Where the log goes: standard output, or a file that is opened for each line, so that it may be rotated away at any time; and
/// to syslog as well, if that is wanted.
/// </summary>
internal sealed class LogOutput(ServerOptions options, Clock clock) : TextWriter
{
    private readonly Stream _standard = Console.OpenStandardOutput();
    private Syslog? _syslog;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>When the configuration has been read: a file that can't be written would be missed too late.</summary>
    public ConfigurationError? Check()
    {
        if (options.SyslogEnabled) _syslog = new(options.SyslogIdentity, options.SyslogFacility, clock);
        if (options.LogFile.Length == 0) return null;
        try
        {
            Open().Dispose();
            return null;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new($"Can't open the log file: {DiskTrouble.StatusOf(e, options.LogFile).Error}");
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

    public override void Write(string? value)
    {
        var bytes = ByteText.BytesOfShown(value ?? "");
        try
        {
            if (options.LogFile.Length == 0)
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

    public override void Write(StringBuilder? value) => Write(value?.ToString());

    private FileStream Open() => new(options.LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
}
