using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Log lines in Redis' form, so that what reads Redis' log reads this one:
/// <code>12345:M 20 Nov 2026 13:00:00.123 * Ready to accept connections tcp</code>
/// Levels are '.' debug (Trace), '-' verbose (Debug), '*' notice (Information), '#' warning and worse.
/// </summary>
internal sealed class RedisLogger(TextWriter output, Clock clock, int processId, Func<LogLevelName> level) : ILogger
{
    /// <summary>Values of <see cref="Role"/>.</summary>
    public const char Master = 'M', BeforeServing = 'C';

    /// <summary>An event with this identity is written as it is: text that is no log line, as in a crash report.</summary>
    public static readonly EventId RawText = new(1, "raw");

    private readonly Lock _lock = new();

    public char Role { get; set; } = Master;

    /// <summary>Takes each line's text once more, without time and process: for syslog.</summary>
    public Action<LogLevel, string>? AlsoTo { get; init; }

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
        var time = clock.LocalTime(clock.UnixMilliseconds);
        var text = formatter(state, exception);
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{processId}:{Role} {time:dd MMM yyyy HH:mm:ss.fff} {mark} {text}");
        if (exception is not null) line.Append('\n').Append(exception);
        line.Append('\n');
        lock (_lock)
        {
            output.Write(line);
            output.Flush();
            AlsoTo?.Invoke(logLevel, text);
        }
    }

    /// <summary>What a handler of signals says: <code>12345:signal-handler (1700000000) Received SIGTERM scheduling shutdown...</code></summary>
    public void FromSignal(string text)
    {
        if (IsEnabled(LogLevel.Warning)) Raw($"{processId}:signal-handler ({clock.UnixMilliseconds / 1000}) {text}\n");
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
