namespace Carnelian;

/// <summary>
/// How work passes between the command thread and a lane, which is whatever receives and sends for connections. Each direction keeps its order. On
/// one thread nothing passes: the caller does at once what it would hand over. A simulated world lets time pass in between.
/// </summary>
public class HandOvers
{
    /// <summary>The lane runs on the command thread: nobody need hand anything over.</summary>
    public virtual bool AreImmediate => true;

    public virtual void ToLane(Action work) => work();

    public virtual void ToCommands(Action work) => work();

    /// <summary>By the command thread, once a turn: does what lanes have handed over.</summary>
    public virtual void Deliver() { }

    /// <summary>The lanes have ended: does all that is still under way, at once.</summary>
    public virtual void Finish() { }
}
