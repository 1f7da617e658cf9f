namespace Carnelian;

/// <summary>
/// Asks something of the command thread. Who asks while an answer is under way shares it, so that never more than one such job waits there,
/// however many ask.
/// </summary>
/// <param name="answer">Runs on the command thread, between requests: short, and without waiting.</param>
internal sealed class CommandThreadQuestion<T>(Server server, Func<Server, T> answer)
{
    private readonly Lock _lock = new();
    private Task<T>? _underWay;

    /// <summary>Any thread.</summary>
    public Task<T> Ask()
    {
        lock (_lock)
        {
            if (_underWay is { IsCompleted: false }) return _underWay;
            // Who waits goes on elsewhere, never on the command thread.
            var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            server.Post(() => source.SetResult(answer(server)));
            return _underWay = source.Task;
        }
    }
}
