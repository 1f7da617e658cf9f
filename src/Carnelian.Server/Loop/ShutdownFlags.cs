namespace Carnelian;

/// <summary>How a server is to end: the arguments of SHUTDOWN, and what a signal stands for.</summary>
[Flags]
public enum ShutdownFlags
{
    None = 0,
    Save = 1,
    NoSave = 2,
    Now = 4,
    Force = 8,
}
