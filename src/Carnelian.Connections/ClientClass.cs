namespace Carnelian;

/// <summary>Classes of clients, for client-output-buffer-limit and the sums of memory.</summary>
public enum ClientClass
{
    Normal,
    Replica,
    PubSub,
}
