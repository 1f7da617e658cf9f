using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// What is noted of single calls: those that took long, those whose request or reply was large, and spikes of latency. The usual call, of which nothing is noted,
/// pays for three comparisons.
/// </summary>
public sealed class CommandLogs
{
    private const long LargeBytes = 1 << 20;

    private long _fromNanoseconds, _fromRequestBytes, _fromReplyBytes;

    internal CommandLogs(Clock clock, Keyspace keyspace)
    {
        Latency = new(clock, keyspace, this);
        Slow = new(this, 10_000);
        LargeRequests = new(this, LargeBytes);
        LargeReplies = new(this, LargeBytes);
        Refresh();
    }

    /// <summary>Microseconds: slowlog-log-slower-than, slowlog-max-len.</summary>
    public CommandLog Slow { get; }

    /// <summary>Bytes of the request: commandlog-request-larger-than, commandlog-large-request-max-len.</summary>
    public CommandLog LargeRequests { get; }

    /// <summary>Bytes of the reply: commandlog-reply-larger-than, commandlog-large-reply-max-len.</summary>
    public CommandLog LargeReplies { get; }

    public LatencyMonitor Latency { get; }

    /// <summary>A threshold has changed.</summary>
    internal void Refresh()
    {
        var slow = Slow.From > long.MaxValue / 1000 ? long.MaxValue : Slow.From * 1000;
        _fromNanoseconds = Math.Min(slow, Latency.FromNanoseconds);
        _fromRequestBytes = LargeRequests.From;
        _fromReplyBytes = LargeReplies.From;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Note(ref Call call, Command command, long nanoseconds, long replyBytes)
    {
        if (nanoseconds >= _fromNanoseconds || replyBytes >= _fromReplyBytes || call.Args.WireLengthMax >= _fromRequestBytes)
            NoteWhat(ref call, command, nanoseconds, replyBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteWhat(ref Call call, Command command, long nanoseconds, long replyBytes)
    {
        Latency.Note(command.Has(CommandFlags.Fast) ? LatencyEvents.FastCommand : LatencyEvents.Command, nanoseconds);
        if (command.Has(CommandFlags.SkipSlowLog)) return;
        Slow.Note(in call, nanoseconds / 1000);
        LargeReplies.Note(in call, replyBytes);
        if (call.Args.WireLengthMax >= _fromRequestBytes) LargeRequests.Note(in call, call.Args.WireLength);
    }
}
