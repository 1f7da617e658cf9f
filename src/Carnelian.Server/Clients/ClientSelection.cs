namespace Carnelian;

/// <summary>Which clients CLIENT KILL is to close: all that fit every condition given.</summary>
internal readonly ref struct ClientSelection
{
    /// <summary>No address is as long.</summary>
    private const int AddressBytesMax = 1024;

    private const string IdError = "ERR client-id should be greater than 0";

    /// <summary>As <see cref="Connection.RemoteAddress"/> and <see cref="Connection.LocalAddress"/> show them.</summary>
    public string? Address { get; init; }

    public string? LocalAddress { get; init; }

    public ClientType? Type { get; init; }

    public string? User { get; init; }

    /// <summary>Null: any.</summary>
    public List<long>? Ids { get; init; }

    /// <summary>Seconds since it connected, at least.</summary>
    public long AgeMin { get; init; }

    /// <summary>Spared, whatever the conditions.</summary>
    public Session? Spared { get; init; }

    public bool Fits(Client client, long nowMs) =>
        (Address is null || client.Address == Address)
        && (LocalAddress is null || client.LocalAddress == LocalAddress)
        && (Type is null || client.Type == Type)
        && (Ids is null || Ids.Contains(client.Id))
        && (User is null || client.User == User)
        && client != Spared
        && nowMs / 1000 - client.CreatedMs / 1000 >= AgeMin;

    /// <summary>Reads the conditions of CLIENT KILL; false when an error was replied.</summary>
    public static bool Read(ref Call call, out ClientSelection selection)
    {
        selection = default;
        // The old form: an address alone, and one may close oneself.
        if (call.Args.Count == 3)
        {
            selection = new() { Address = Text(ref call, 2) };
            return true;
        }
        const string AgeError = "ERR maxage is not an integer or out of range", AgeTooSmall = "ERR maxage should be greater than 0";
        string? address = null, localAddress = null, user = null;
        ClientType? type = null;
        List<long>? ids = null;
        long ageMin = 0;
        var sparesMe = true;
        var options = new OptionReader(call.Args, 2);
        while (options.Next())
        {
            if (options.TakesInteger("maxage"u8, ref ageMin, AgeError, 1, AgeTooSmall)) { }
            else if (options.Is("id"u8) && options.Left > 0) ids = ReadIds(ref call, ref options);
            else if (options.Takes("addr"u8, out var argument)) address = Text(ref call, argument);
            else if (options.Takes("laddr"u8, out argument)) localAddress = Text(ref call, argument);
            else if (options.Takes("type"u8, out argument))
            {
                if (!TryType(ref call, argument, out type)) return false;
            }
            else if (options.Takes("user"u8, out argument))
            {
                if (!TryUser(ref call, argument, out user)) return false;
            }
            else if (options.Takes("skipme"u8, out argument) && (call.Is(argument, "yes"u8) || call.Is(argument, "no"u8)))
                sparesMe = call.Is(argument, "yes"u8);
            else options.FailSyntax();
        }
        selection = new()
        {
            Address = address, LocalAddress = localAddress, Type = type, User = user, Ids = ids, AgeMin = ageMin, Spared = sparesMe ? call.Session : null,
        };
        return options.Ends(ref call);
    }

    /// <summary>One at least; further ones as in Valkey, up to what is no number.</summary>
    private static List<long> ReadIds(ref Call call, ref OptionReader options)
    {
        var ids = new List<long>();
        while (options.Left > 0 && IntegerText.TryParse(call.Args[call.Args.Count - options.Left], out var id) && options.TakesValue(out _))
        {
            if (id < 1) options.Fail(IdError);
            ids.Add(id);
        }
        if (ids.Count == 0) options.Fail(IdError);
        return ids;
    }

    /// <summary>Reads the word for a type, as CLIENT LIST takes it too; otherwise the call has failed.</summary>
    public static bool TryType(ref Call call, int argument, out ClientType? type)
    {
        type = call.Is(argument, "normal"u8) ? ClientType.Normal
            : call.Is(argument, "slave"u8) || call.Is(argument, "replica"u8) ? ClientType.Replica
            : call.Is(argument, "pubsub"u8) ? ClientType.PubSub
            : call.Is(argument, "master"u8) ? ClientType.Master
            : null;
        if (type is null) call.Fail("ERR Unknown client type '", argument, "'"u8);
        return type is not null;
    }

    private static bool TryUser(ref Call call, int argument, out string? user)
    {
        // The one user there is as yet.
        user = call.Args[argument].SequenceEqual("default"u8) ? "default" : null;
        if (user is null) call.Fail("ERR No such user '", argument, "'"u8);
        return user is not null;
    }

    private static string Text(ref Call call, int argument) => ByteText.ToText(call.Shown(argument, AddressBytesMax)) ?? "";
}
