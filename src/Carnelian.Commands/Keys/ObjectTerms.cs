namespace Carnelian;

/// <summary>A value in the terms of Redis' objects, as OBJECT and DEBUG OBJECT report them.</summary>
public static class ObjectTerms
{
    private const int SharedReferences = int.MaxValue, SharedIntegers = 10_000;

    /// <summary>Redis keeps small numbers once for all keys unless these must note their use, and reports the greatest int as their reference count.</summary>
    public static int References(EntryView view, KeyspaceOptions options) =>
        options.SharesNumbers && view.Encoding == ValueEncoding.Int && IntegerText.TryParse(view.Value, out var number) && number is >= 0 and < SharedIntegers ? SharedReferences : 1;

    public static string EncodingName(ValueEncoding encoding) => encoding switch
    {
        ValueEncoding.Raw => "raw",
        ValueEncoding.Int => "int",
        ValueEncoding.Embstr => "embstr",
        ValueEncoding.HashTable => "hashtable",
        ValueEncoding.ListPack => "listpack",
        ValueEncoding.ListPackEx => "listpackex",
        ValueEncoding.IntSet => "intset",
        ValueEncoding.SkipList => "skiplist",
        ValueEncoding.Stream => "stream",
        _ => "quicklist",
    };
}
