namespace Carnelian;

internal unsafe interface IEntryVisitor
{
    void Visit(byte* entry, bool expires);
}

internal unsafe interface IDueVisitor
{
    /// <summary>True: the caller will remove the entry, or note when it is due next. The table counts on that.</summary>
    bool Take(byte* entry);
}

internal interface IDrawVisitor : IEntryVisitor
{
    bool HasFound { get; }
}
