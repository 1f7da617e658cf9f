namespace Carnelian;

public unsafe interface IEntryVisitor
{
    void Visit(byte* entry, bool expires);
}
