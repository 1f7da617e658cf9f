using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Log lines in Redis' form, so that what reads Redis' log reads this one:
/// <code>12345:M 20 Nov 2026 13:00:00.123 * Ready to accept connections tcp</code>
/// Levels are '.' debug (Trace), '-' verbose (Debug), '*' notice (Information), '#' warning and worse.
/// </summary>
public sealed class RedisLogger(TextWriter output, Clock clock, int processId, Func<LogLevelName> level) : ILogger
{
    /// <summary>An event with this identity is written as it is: text that is no log line, as in a crash report.</summary>
    public static readonly EventId RawText = new(1, "raw");

    private readonly Lock _lock = new();

    public bool IsEnabled(LogLevel logLevel) => level() switch
    {
        LogLevelName.Debug => logLevel >= LogLevel.Trace,
        LogLevelName.Verbose => logLevel >= LogLevel.Debug,
        LogLevelName.Notice => logLevel >= LogLevel.Information,
        LogLevelName.Warning => logLevel >= LogLevel.Warning,
        _ => false,
    } && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        if (eventId == RawText)
        {
            Raw(formatter(state, exception));
            return;
        }
        var mark = logLevel switch
        {
            LogLevel.Trace => '.',
            LogLevel.Debug => '-',
            LogLevel.Information => '*',
            _ => '#',
        };
        var time = DateTimeOffset.FromUnixTimeMilliseconds(clock.UnixMilliseconds).ToLocalTime();
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{processId}:M {time:dd MMM yyyy HH:mm:ss.fff} {mark} {formatter(state, exception)}");
        if (exception is not null) line.Append('\n').Append(exception);
        line.Append('\n');
        lock (_lock)
        {
            output.Write(line);
            output.Flush();
        }
    }

    /// <summary>Text that is no log line: the logo.</summary>
    public void Raw(string text)
    {
        lock (_lock)
        {
            output.Write(text);
            output.Flush();
        }
    }
}
