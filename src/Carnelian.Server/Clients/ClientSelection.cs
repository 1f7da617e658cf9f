namespace Carnelian;

/// <summary>Which clients CLIENT KILL is to close: all that fit every condition given.</summary>
internal readonly ref struct ClientSelection
{
    /// <summary>No address is as long.</summary>
    private const int AddressBytesMax = 1024;

    /// <summary>As <see cref="Connection.RemoteAddress"/> and <see cref="Connection.LocalAddress"/> show them.</summary>
    public string? Address { get; init; }

    public string? LocalAddress { get; init; }

    public ClientType? Type { get; init; }

    public string? User { get; init; }

    /// <summary>0: any.</summary>
    public long Id { get; init; }

    /// <summary>Seconds since it connected, at least.</summary>
    public long AgeMin { get; init; }

    /// <summary>Spared, whatever the conditions.</summary>
    public Session? Spared { get; init; }

    public bool Fits(Client client, long nowMs) =>
        (Address is null || client.Address == Address)
        && (LocalAddress is null || client.LocalAddress == LocalAddress)
        && (Type is null || client.Type == Type)
        && (Id == 0 || client.Id == Id)
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
        string? address = null, localAddress = null, user = null;
        ClientType? type = null;
        long id = 0, ageMin = 0;
        var sparesMe = true;
        for (var i = 2; i < call.Args.Count; i += 2)
        {
            var hasValue = i + 1 < call.Args.Count;
            if (hasValue && call.Is(i, "id"u8))
            {
                if (!TryPositive(ref call, i + 1, "client-id should be greater than 0", "client-id should be greater than 0", out id)) return false;
            }
            else if (hasValue && call.Is(i, "maxage"u8))
            {
                if (!TryPositive(ref call, i + 1, "maxage is not an integer or out of range", "maxage should be greater than 0", out ageMin)) return false;
            }
            else if (hasValue && call.Is(i, "type"u8))
            {
                if (!TryType(ref call, i + 1, out type)) return false;
            }
            else if (hasValue && call.Is(i, "addr"u8)) address = Text(ref call, i + 1);
            else if (hasValue && call.Is(i, "laddr"u8)) localAddress = Text(ref call, i + 1);
            else if (hasValue && call.Is(i, "user"u8))
            {
                if (!TryUser(ref call, i + 1, out user)) return false;
            }
            else if (hasValue && call.Is(i, "skipme"u8) && (call.Is(i + 1, "yes"u8) || call.Is(i + 1, "no"u8))) sparesMe = call.Is(i + 1, "yes"u8);
            else
            {
                call.FailSyntax();
                return false;
            }
        }
        selection = new()
        {
            Address = address, LocalAddress = localAddress, Type = type, User = user, Id = id, AgeMin = ageMin, Spared = sparesMe ? call.Session : null,
        };
        return true;
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

    private static bool TryPositive(ref Call call, int argument, string notANumber, string notPositive, out long value)
    {
        if (!IntegerText.TryParse(call.Args[argument], out value)) call.Fail("ERR " + notANumber);
        else if (value <= 0) call.Fail("ERR " + notPositive);
        return !call.Failed;
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
