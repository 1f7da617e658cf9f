namespace Carnelian;

/// <summary>A view of a collection whose elements are fields of a table, one position of a walk at a time: hashes, sets and sorted sets are scanned alike.</summary>
public interface IFieldScan
{
    /// <inheritdoc cref="FieldTable.Scan"/>
    ulong Scan(ulong cursor, FieldList found);
}
