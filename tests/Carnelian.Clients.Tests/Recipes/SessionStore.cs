using System.Security.Cryptography;
using StackExchange.Redis;

public sealed class SessionStore(IDatabase redis, TimeSpan lifetime)
{
    /// <summary>Begins a session; its ID is the secret that goes into the cookie.</summary>
    public string Begin(string user)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var transaction = redis.CreateTransaction();
        _ = transaction.HashSetAsync(Session(id), [new("user", user)]);
        _ = transaction.KeyExpireAsync(Session(id), lifetime);
        _ = transaction.SetAddAsync(SessionsOf(user), id);
        _ = transaction.KeyExpireAsync(SessionsOf(user), lifetime);
        transaction.Execute();
        return id;
    }

    /// <summary>What a session holds, which lives on from now; null: it is over.</summary>
    public Dictionary<string, string>? Use(string id)
    {
        var transaction = redis.CreateTransaction();
        var fields = transaction.HashGetAllAsync(Session(id));
        _ = transaction.KeyExpireAsync(Session(id), lifetime);
        transaction.Execute();
        if (fields.Result is not { Length: > 0 } session) return null;
        var values = session.ToDictionary(field => field.Name.ToString(), field => field.Value.ToString());
        redis.KeyExpire(SessionsOf(values["user"]), lifetime, CommandFlags.FireAndForget);
        return values;
    }

    /// <summary>False: the session is over, and nothing was kept.</summary>
    public bool Keep(string id, string name, string value)
    {
        var transaction = redis.CreateTransaction();
        // Without the condition a late write would make half a session anew, one that never expires.
        transaction.AddCondition(Condition.KeyExists(Session(id)));
        _ = transaction.HashSetAsync(Session(id), name, value);
        return transaction.Execute();
    }

    public void End(string id)
    {
        var user = redis.HashGet(Session(id), "user");
        redis.KeyDelete(Session(id));
        if (!user.IsNull) redis.SetRemove(SessionsOf(user.ToString()), id);
    }

    /// <summary>Ends all sessions of a user, as after a change of password; how many there were.</summary>
    public long EndAll(string user)
    {
        var ids = redis.SetMembers(SessionsOf(user));
        redis.KeyDelete(SessionsOf(user));
        return redis.KeyDelete(Array.ConvertAll(ids, id => Session(id.ToString())));
    }

    private static RedisKey Session(string id) => $"session:{id}";

    private static RedisKey SessionsOf(string user) => $"sessions:{user}";
}
