namespace Carnelian;

/// <summary>
/// A talk with a client in the midst of one of its calls: what it sends meanwhile is no request, and what it is told leaves at once, before all replies that wait. The client is heard only while the loop is turned
/// from inside. (<see cref="Executor.TurnInside(int)"/>.)
/// </summary>
public abstract class Dialog : IDisposable
{
    /// <summary>What the client has said and nobody has taken yet. Until the next turn.</summary>
    public abstract ReadOnlySpan<byte> Heard { get; }

    /// <summary>The client has gone, or takes nothing any more.</summary>
    public abstract bool HasEnded { get; }

    /// <summary>So much of what was heard is done with.</summary>
    public abstract void Take(int bytes);

    /// <summary>Says something; returns when the client has it or has gone, and turns the loop until then.</summary>
    public abstract void Tell(ReadOnlySpan<byte> bytes);

    /// <summary>From now on requests are requests again.</summary>
    public abstract void Dispose();
}
