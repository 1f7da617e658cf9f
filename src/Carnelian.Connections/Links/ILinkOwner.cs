namespace Carnelian;

/// <summary>
/// Who uses an <see cref="OutgoingLink"/>. What it hears it hears on the command thread, in the midst of a turn, perhaps of one within a call: it may write to
/// links and close them, and leaves the keyspace for later.
/// </summary>
public interface ILinkOwner
{
    /// <summary>The other server has accepted the connection: requests may be written.</summary>
    void OnEstablished(OutgoingLink link);

    /// <param name="reply">One reply or push, whole, as it came; gone afterwards.</param>
    void OnReply(OutgoingLink link, ReadOnlySpan<byte> reply);

    /// <summary>Some of what was handed over has been sent.</summary>
    void OnSent(OutgoingLink link) { }

    /// <summary>
    /// The link is of no use any more: it could not be established, was ended by the peer, has failed, or what comes is no RESP. What was not sent is in its output still; then
    /// it is closed.
    /// </summary>
    void OnGone(OutgoingLink link, string error);
}
