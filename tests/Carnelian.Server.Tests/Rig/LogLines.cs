using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian.Tests;

/// <summary>Keeps what a server logs, also from another thread.</summary>
internal sealed class LogLines : ILogger
{
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text) return _text.ToString();
        }
    }

    /// <summary>Called with each line.</summary>
    public Action? Heard { get; set; }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_text) _text.Append(formatter(state, exception)).Append('\n');
        Heard?.Invoke();
    }
}
