namespace Carnelian;

/// <summary>Who may do what a server forbids by default.</summary>
public enum ProtectedAction
{
    No,
    Yes,

    /// <summary>Those on this machine.</summary>
    Local,
}
