namespace Carnelian;

/// <summary>Elements of packed collections as replies.</summary>
internal static class ElementReplies
{
    public static void Bulk(this scoped ref ReplyWriter reply, scoped PackedElement element)
    {
        if (element.IsInteger) reply.BulkInteger(element.Integer);
        else reply.Bulk(element.Text(default));
    }
}
