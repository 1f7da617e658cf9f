namespace Carnelian.Tests;

/// <summary>A list's edit, step by step as commands use it: what is added grows the list first.</summary>
internal static class ListSteps
{
    public static void Append(this ref ListEdit list, byte[] value) => Push(ref list, value, atHead: false);

    public static void Prepend(this ref ListEdit list, byte[] value) => Push(ref list, value, atHead: true);

    private static void Push(ref ListEdit list, byte[] value, bool atHead)
    {
        list.Grow(value.Length);
        list.Push(value, atHead);
    }

    /// <summary>At the count, behind all.</summary>
    public static void InsertAt(this ref ListEdit list, long index, byte[] value)
    {
        if (index == list.Count)
        {
            list.Append(value);
            return;
        }
        list.Grow(value.Length);
        list.Insert(index, after: false, value);
    }

    public static void SetAt(this ref ListEdit list, long index, byte[] value)
    {
        list.Grow(value.Length);
        list.Set(index, value);
    }

    public static void RemoveAt(this ref ListEdit list, long index) => list.RemoveRange(index, 1);

    /// <summary>Makes a list of texts, or adds them to one.</summary>
    public static void Fill(this KeyEdit edit, int count, Func<int, string> text)
    {
        var list = new ListEdit(edit);
        for (var i = 0; i < count; i++) list.Append(KeyspaceRig.Bytes(text(i)));
        list.Announce(count, KeyspaceEvent.PushTail);
    }
}
