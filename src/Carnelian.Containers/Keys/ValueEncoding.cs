namespace Carnelian;

/// <summary>How a value is kept, as OBJECT ENCODING names it.</summary>
public enum ValueEncoding : byte
{
    Raw,
    Int,
    Embstr,
    HashTable,
    QuickList,
}
