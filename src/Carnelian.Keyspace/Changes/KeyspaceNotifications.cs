namespace Carnelian;

/// <summary>
/// What notify-keyspace-events names: classes of events, each a letter, and whether they go to channels named by key (K) or by event (E).
/// A stands for all classes but key misses (m) and new keys (n). Letters in the order in which Redis writes them (notify.c).
/// </summary>
public readonly record struct KeyspaceNotifications(KeyspaceEventClass Classes, bool ByKey, bool ByEvent)
{
    private const KeyspaceEventClass All = KeyspaceEventClass.Generic | KeyspaceEventClass.String | KeyspaceEventClass.List | KeyspaceEventClass.Set
        | KeyspaceEventClass.Hash | KeyspaceEventClass.SortedSet | KeyspaceEventClass.Expired | KeyspaceEventClass.Evicted | KeyspaceEventClass.Stream
        | KeyspaceEventClass.Module;

    private static readonly (char Letter, KeyspaceEventClass Class)[] _letters =
    [
        ('g', KeyspaceEventClass.Generic), ('$', KeyspaceEventClass.String), ('l', KeyspaceEventClass.List), ('s', KeyspaceEventClass.Set),
        ('h', KeyspaceEventClass.Hash), ('z', KeyspaceEventClass.SortedSet), ('x', KeyspaceEventClass.Expired), ('e', KeyspaceEventClass.Evicted),
        ('t', KeyspaceEventClass.Stream), ('d', KeyspaceEventClass.Module), ('n', KeyspaceEventClass.New),
    ];

    /// <summary>False when there is a letter that means nothing.</summary>
    public static bool TryParse(string text, out KeyspaceNotifications notifications)
    {
        var classes = KeyspaceEventClass.None;
        bool byKey = false, byEvent = false;
        notifications = default;
        foreach (var letter in text)
        {
            var index = Array.FindIndex(_letters, known => known.Letter == letter);
            if (index >= 0) classes |= _letters[index].Class;
            else if (letter == 'A') classes |= All;
            else if (letter == 'm') classes |= KeyspaceEventClass.KeyMiss;
            else if (letter == 'K') byKey = true;
            else if (letter == 'E') byEvent = true;
            else return false;
        }
        notifications = new(classes, byKey, byEvent);
        return true;
    }

    /// <summary>The canonical form. As Redis writes it: with A, new keys are not named.</summary>
    public override string ToString()
    {
        var classes = Classes;
        var text = (classes & All) == All ? "A" : string.Concat(_letters.Where(known => (classes & known.Class) != 0).Select(known => known.Letter));
        return text + (ByKey ? "K" : "") + (ByEvent ? "E" : "") + ((classes & KeyspaceEventClass.KeyMiss) != 0 ? "m" : "");
    }
}
