namespace Carnelian;

/// <summary>
/// Sorts only the beginning of an array (Bentley and McIlroy, "Engineering a Sort Function", 1993, leaving out parts that nobody asked for). Pivots are chosen as in
/// Redis' pqsort.c, so that of members at the same distance the same ones come first.
/// </summary>
internal static class GeoSelection
{
    private const int InsertionMax = 6, MedianFrom = 8, NintherFrom = 41;

    /// <summary>More partitions of partitions than chance makes: somebody has chosen the places so that each goes wrong.</summary>
    private const int DepthMax = 64;

    /// <summary>Puts the first <paramref name="wanted"/> elements where they belong.</summary>
    public static void Sort(Span<GeoMatch> matches, int wanted, bool descends, int depth = 0)
    {
        for (; wanted > 0 && matches.Length > InsertionMax; depth++)
        {
            if (depth == DepthMax)
            {
                if (descends) matches.Sort(static (a, b) => b.Meters.CompareTo(a.Meters));
                else matches.Sort(static (a, b) => a.Meters.CompareTo(b.Meters));
                return;
            }
            var (less, greater) = Partition(matches, descends);
            if (less > 1) Sort(matches[..less], wanted, descends, depth + 1);
            if (greater < 2) return;
            wanted -= matches.Length - greater;
            matches = matches[^greater..];
        }
        if (wanted > 0) Insert(matches, descends);
    }

    private static int Compare(GeoMatch a, GeoMatch b, bool descends)
    {
        var order = a.Meters > b.Meters ? 1 : a.Meters == b.Meters ? 0 : -1;
        return descends ? -order : order;
    }

    private static void Insert(Span<GeoMatch> matches, bool descends)
    {
        for (var i = 1; i < matches.Length; i++)
        {
            for (var j = i; j > 0 && Compare(matches[j - 1], matches[j], descends) > 0; j--) Swap(matches, j - 1, j);
        }
    }

    private static void Swap(Span<GeoMatch> matches, int i, int j) => (matches[i], matches[j]) = (matches[j], matches[i]);

    /// <summary>Splits into what comes before a pivot, what is equal, and what comes after; answers how many are before and after.</summary>
    private static (int Less, int Greater) Partition(Span<GeoMatch> matches, bool descends)
    {
        Swap(matches, 0, PivotOf(matches, descends));
        // Equal ones gather at both ends, and are brought to the middle at last.
        int leftEqual = 1, left = 1, right = matches.Length - 1, rightEqual = right;
        while (true)
        {
            for (int order; left <= right && (order = Compare(matches[left], matches[0], descends)) <= 0; left++)
            {
                if (order == 0) Swap(matches, leftEqual++, left);
            }
            for (int order; left <= right && (order = Compare(matches[right], matches[0], descends)) >= 0; right--)
            {
                if (order == 0) Swap(matches, right, rightEqual--);
            }
            if (left > right) break;
            Swap(matches, left++, right--);
        }
        int less = left - leftEqual, greater = rightEqual - right;
        Exchange(matches, 0, left, Math.Min(leftEqual, less));
        Exchange(matches, left, matches.Length, Math.Min(greater, matches.Length - 1 - rightEqual));
        return (less, greater);
    }

    /// <summary>Exchanges so many elements from a place on with those that end at another.</summary>
    private static void Exchange(Span<GeoMatch> matches, int from, int end, int count)
    {
        for (var i = 0; i < count; i++) Swap(matches, from + i, end - count + i);
    }

    private static int PivotOf(Span<GeoMatch> matches, bool descends)
    {
        int first = 0, middle = matches.Length / 2, last = matches.Length - 1;
        if (matches.Length < MedianFrom) return middle;
        if (matches.Length >= NintherFrom)
        {
            var step = matches.Length / 8;
            first = MedianOf(matches, first, first + step, first + 2 * step, descends);
            middle = MedianOf(matches, middle - step, middle, middle + step, descends);
            last = MedianOf(matches, last - 2 * step, last - step, last, descends);
        }
        return MedianOf(matches, first, middle, last, descends);
    }

    private static int MedianOf(Span<GeoMatch> matches, int a, int b, int c, bool descends)
    {
        var isRising = Compare(matches[a], matches[b], descends) < 0;
        if (isRising) return Compare(matches[b], matches[c], descends) < 0 ? b : Compare(matches[a], matches[c], descends) < 0 ? c : a;
        return Compare(matches[b], matches[c], descends) > 0 ? b : Compare(matches[a], matches[c], descends) < 0 ? a : c;
    }
}
