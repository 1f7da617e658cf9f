namespace Carnelian;

/// <summary>A value of a module's type, as files have it.</summary>
internal sealed unsafe class ModuleKind() : PackedKind(ValueType.Module, ValueEncoding.Raw)
{
    /// <summary>It is one thing: nobody here knows its parts.</summary>
    public override long Count(byte* entry, TableHost host) => 1;
}
