using StackExchange.Redis;

public sealed class HatShop(IDatabase redis)
{
    /// <summary>Whether there was one left.</summary>
    public bool Buy(string hat)
    {
        while (true)
        {
            var stock = redis.HashGet(hat, "stock");
            if (!stock.TryParse(out long left) || left < 1) return false;
            var transaction = redis.CreateTransaction();
            transaction.AddCondition(Condition.HashEqual(hat, "stock", stock));
            _ = transaction.HashDecrementAsync(hat, "stock");
            _ = transaction.HashIncrementAsync(hat, "sold");
            if (transaction.Execute()) return true;
        }
    }
}
