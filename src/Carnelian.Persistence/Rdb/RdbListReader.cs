namespace Carnelian;

/// <summary>Reads lists: elements one by one, one ziplist, nodes that are ziplists, or nodes as they are.</summary>
internal readonly struct RdbListReader(RdbTools tools)
{
    public RdbOutcome Read(scoped ref RdbReader input, RdbType type, scoped ref KeyEdit key, long expiryMs)
    {
        if (type == RdbType.ListZipList) return ReadZipList(ref input, ref key, expiryMs);
        if (!input.TryCount(out var count, 1)) return RdbOutcome.Damaged;
        if (count == 0) return RdbOutcome.Empty;
        return type == RdbType.List ? ReadElements(ref input, count, ref key, expiryMs) : ReadNodes(ref input, type, count, ref key, expiryMs);
    }

    private RdbOutcome ReadElements(scoped ref RdbReader input, long count, scoped ref KeyEdit key, long expiryMs)
    {
        var list = tools.Keyspace.NewList();
        var isWhole = true;
        for (; count > 0 && isWhole; count--)
        {
            isWhole = input.TryString(tools.Value, out var text);
            if (isWhole) PushToNodes(ref list, text);
        }
        if (isWhole) list.Shrink(hasShrunk: false);
        return tools.End(isWhole, ref key, expiryMs);
    }

    private static void PushToNodes(scoped ref ListEdit list, scoped ReadOnlySpan<byte> text)
    {
        list.Grow(int.MaxValue);
        list.Push(text, atHead: false);
    }

    private static void PushAll(scoped ref ListEdit list, scoped in CheckedElements elements)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        foreach (var element in elements.Walk()) PushToNodes(ref list, element.Text(digits));
    }

    /// <summary>It stays a list of nodes, as in Redis.</summary>
    private RdbOutcome ReadZipList(scoped ref RdbReader input, scoped ref KeyEdit key, long expiryMs)
    {
        if (!tools.TryZipList(ref input, "List ziplist", out _, out var elements)) return RdbOutcome.Damaged;
        if (elements.Count == 0) return RdbOutcome.Empty;
        var list = tools.Keyspace.NewList();
        PushAll(ref list, elements);
        return tools.End(isWhole: true, ref key, expiryMs);
    }

    private RdbOutcome ReadNodes(scoped ref RdbReader input, RdbType type, long count, scoped ref KeyEdit key, long expiryMs)
    {
        var list = tools.Keyspace.NewList();
        for (var left = count; left > 0; left--)
        {
            if (!TryKind(ref input, type, out var isPlain)) return tools.End(isWhole: false, ref key, expiryMs);
            if (isPlain)
            {
                if (!TryPlainNode(ref input, ref list)) return tools.End(isWhole: false, ref key, expiryMs);
                continue;
            }
            var isRead = type == RdbType.ListQuickList
                ? tools.TryZipList(ref input, "Ziplist", out var listPack, out var elements)
                : tools.TryListPack(ref input, "Listpack", out listPack, out elements);
            if (!isRead) return tools.End(isWhole: false, ref key, expiryMs);
            if (elements.Count == 0) continue;
            if (count == 1 && elements.FitPacked && tools.Host.ListLimit is var limit && limit.AllowsPacked(listPack.Length, elements.Count))
            {
                tools.Write(ref key, ValueType.List, ValueEncoding.ListPack, tools.Pack(listPack, elements).Bytes, expiryMs);
                return RdbOutcome.Read;
            }
            if (elements.FitPacked) list.AppendNode(tools.Pack(listPack, elements));
            else PushAll(ref list, elements);
        }
        if (!list.Exists) return RdbOutcome.Empty;
        list.Shrink(hasShrunk: false);
        return tools.End(isWhole: true, ref key, expiryMs);
    }

    private static bool TryKind(scoped ref RdbReader input, RdbType type, out bool isPlain)
    {
        isPlain = false;
        if (type == RdbType.ListQuickList) return true;
        var offset = input.Offset;
        if (!input.TryLength(out var kind)) return false;
        isPlain = kind == RdbValueWriter.PlainNode;
        return isPlain || kind == RdbValueWriter.PackedNode || input.Fail("Quicklist" + RdbTools.Damaged + ": unknown kind of a node", offset);
    }

    private bool TryPlainNode(scoped ref RdbReader input, scoped ref ListEdit list)
    {
        var offset = input.Offset;
        if (!input.TryString(tools.Value, out var text)) return false;
        if (text.IsEmpty) return input.Fail("an empty node of a list", offset);
        list.AppendPlainNode(text);
        return true;
    }
}
