namespace Carnelian;

/// <summary>What <c>notify-keyspace-events</c> asks for: classes of events, and where they are told.</summary>
[Flags]
internal enum NotificationClasses
{
    None = 0,
    Generic = KeyspaceEventClass.Generic,
    String = KeyspaceEventClass.String,
    List = KeyspaceEventClass.List,
    Set = KeyspaceEventClass.Set,
    Hash = KeyspaceEventClass.Hash,
    SortedSet = KeyspaceEventClass.SortedSet,
    Expired = KeyspaceEventClass.Expired,
    Evicted = KeyspaceEventClass.Evicted,
    Stream = KeyspaceEventClass.Stream,
    KeyMiss = KeyspaceEventClass.KeyMiss,
    Module = KeyspaceEventClass.Module,
    New = KeyspaceEventClass.New,

    /// <summary>All but misses and new keys, which would be told too often.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,

    /// <summary>In channels named after the key.</summary>
    Keyspace = 1 << 16,

    /// <summary>In channels named after the event.</summary>
    KeyEvent = 1 << 17,
}

/// <summary>The letters of <see cref="NotificationClasses"/> in a configuration.</summary>
internal static class NotificationLetters
{
    public const string Error = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";

    // In the order in which Redis shows them. New keys are not shown beside A.
    private static readonly (char Letter, NotificationClasses Classes)[] _letters =
    [
        ('g', NotificationClasses.Generic), ('$', NotificationClasses.String), ('l', NotificationClasses.List), ('s', NotificationClasses.Set),
        ('h', NotificationClasses.Hash), ('z', NotificationClasses.SortedSet), ('x', NotificationClasses.Expired), ('e', NotificationClasses.Evicted),
        ('t', NotificationClasses.Stream), ('d', NotificationClasses.Module), ('n', NotificationClasses.New),
        ('K', NotificationClasses.Keyspace), ('E', NotificationClasses.KeyEvent), ('m', NotificationClasses.KeyMiss),
    ];

    /// <returns>Null when a letter stands for nothing.</returns>
    public static NotificationClasses? Read(string letters)
    {
        var classes = NotificationClasses.None;
        foreach (var letter in letters)
        {
            var index = Array.FindIndex(_letters, entry => entry.Letter == letter);
            if (index < 0 && letter != 'A') return null;
            classes |= index < 0 ? NotificationClasses.All : _letters[index].Classes;
        }
        return classes;
    }

    public static string Write(NotificationClasses classes)
    {
        var isAll = (classes & NotificationClasses.All) == NotificationClasses.All;
        var hidden = isAll ? NotificationClasses.All | NotificationClasses.New : 0;
        var letters = from entry in _letters where (entry.Classes & classes & ~hidden) != 0 select entry.Letter;
        return (isAll ? "A" : "") + string.Concat(letters);
    }
}
