namespace Carnelian;

internal unsafe interface IEntryVisitor
{
    void Visit(byte* entry, bool expires);
}
