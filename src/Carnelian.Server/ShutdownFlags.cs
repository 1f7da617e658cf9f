namespace Carnelian;

[Flags]
public enum ShutdownFlags
{
    None = 0,
    Save = 1,
    NoSave = 2,
    Now = 4,
    Force = 8,
}
