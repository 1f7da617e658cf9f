namespace Carnelian.Tests;

internal sealed class TransactionTests(RespVersion version) : CommandFixture(version)
{
    private string Null => IsResp3 ? "nil" : Server.Client.Run("BLPOP", "none", "0.001");

    [Test]
    public void What_is_queued_runs_when_EXEC_comes()
    {
        var other = Server.Connect();
        Assert.That(Run("MULTI"), Is.EqualTo("+OK"));
        Assert.That(Run("SET k v"), Is.EqualTo("+QUEUED"));
        Assert.That(Run("INCR n"), Is.EqualTo("+QUEUED"));
        Assert.That(other.Run("EXISTS", "k", "n"), Is.EqualTo(":0"));
        Assert.That(Run("EXEC"), Is.EqualTo("[+OK, :1]"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""), "queueing is over");
        Assert.That(Run("EXEC"), Is.EqualTo("-ERR EXEC without MULTI"));
    }

    [Test]
    public void Of_errors_while_running_the_others_know_nothing()
    {
        Run("SET k v");
        Run("MULTI");
        Run("LPUSH k x");
        Run("SET k w");
        Assert.That(Run("EXEC"), Is.EqualTo("[-WRONGTYPE Operation against a key holding the wrong kind of value, +OK]"));
        Assert.That(Run("GET k"), Is.EqualTo("\"w\""));
    }

    [TestCase("NOSUCH x"), TestCase("GET"), TestCase("GET a b")]
    public void What_cannot_be_queued_refuses_the_whole(string wrong)
    {
        Run("MULTI");
        Run("SET k v");
        Assert.That(Run(wrong), Does.StartWith("-ERR "));
        Assert.That(Run("SET k w"), Is.EqualTo("+QUEUED"));
        Assert.That(Run("EXEC"), Is.EqualTo("-EXECABORT Transaction discarded because of previous errors."));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [Test]
    public void EXEC_with_arguments_ends_the_transaction()
    {
        Run("MULTI");
        Assert.That(Run("EXEC now"), Is.EqualTo("-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"));
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void Commands_of_transactions_are_not_queued()
    {
        Assert.That(Run("DISCARD"), Is.EqualTo("-ERR DISCARD without MULTI"));
        Run("MULTI");
        Assert.That(Run("MULTI"), Is.EqualTo("-ERR MULTI calls can not be nested"));
        Assert.That(Run("WATCH k"), Is.EqualTo("-ERR WATCH inside MULTI is not allowed"));
        Assert.That(Run("SET k v"), Is.EqualTo("+QUEUED"));
        Assert.That(Run("DISCARD"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
        Run("MULTI");
        Assert.That(Run("RESET"), Is.EqualTo("+RESET"));
        Assert.That(Run("EXEC"), Is.EqualTo("-ERR EXEC without MULTI"));
    }

    [Test]
    public void Nothing_waits_within_a_transaction()
    {
        Run("MULTI");
        Run("BLPOP list 0");
        Run("RPUSH list a b");
        Run("BLPOP list 0");
        Assert.That(Run("EXEC"), Is.EqualTo($"[{(IsResp3 ? "nil" : "nil[]")}, :2, [\"list\", \"a\"]]").Or.EqualTo("[nil, :2, [\"list\", \"a\"]]"));
    }

    [Test]
    public void Who_waits_is_served_after_the_transaction()
    {
        var waiting = Server.Blocked("BLPOP", "list", "0");
        Run("MULTI");
        Run("RPUSH list a");
        Run("DEL list");
        Run("RPUSH list b");
        Assert.That(Run("EXEC"), Is.EqualTo("[:1, :1, :1]"));
        Assert.That(waiting.Read(), Is.EqualTo("[\"list\", \"b\"]"));
    }

    [Test]
    public void HELLO_and_SELECT_within_hold_for_what_follows()
    {
        Run("MULTI");
        Run("SELECT 1");
        Run("SET k one");
        Run(IsResp3 ? "HELLO 2" : "HELLO 3");
        Run("GET missing");
        Server.Client.RunValue("EXEC");
        Server.Client.SendRaw(TestClient.Request("GET", "missing"));
        Assert.That(Server.Client.ReadRaw(3), Is.EqualTo(IsResp3 ? "$-1" : "_\r\n"));
        if (IsResp3) Server.Client.ReadRaw(2);
        Assert.That(Run("GET k"), Is.EqualTo("\"one\""));
    }

    // ---- WATCH

    [TestCase("SET k w", true), TestCase("SET other w", false), TestCase("DEL k", true), TestCase("EXPIRE k 100", true), TestCase("GET k", false)]
    [TestCase("FLUSHALL", true), TestCase("SELECT 1;FLUSHDB", false), TestCase("SWAPDB 0 1", true), TestCase("SWAPDB 1 2", false), TestCase("RENAME k l", true)]
    [TestCase("SET k v", true), TestCase("PERSIST k", false), TestCase("MOVE k 1", true), TestCase("APPEND missing x", true), TestCase("DEL missing", false)]
    public void A_change_of_a_watched_key_is_seen(string requests, bool isSeen)
    {
        Run("SET k v");
        Assert.That(Run("WATCH k missing"), Is.EqualTo("+OK"));
        var other = Server.Connect();
        foreach (var request in requests.Split(';')) other.Run(request.Split(' '));
        Run("MULTI");
        Run("SET result x");
        Assert.That(Run("EXEC"), isSeen ? Is.EqualTo(Null) : Is.EqualTo("[+OK]"));
        Assert.That(Run("EXISTS result"), Is.EqualTo(isSeen ? ":0" : ":1"));
    }

    [Test]
    public void Changes_of_the_same_connection_count_until_UNWATCH()
    {
        Run("WATCH k");
        Run("SET k v");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo(Null));
        Run("WATCH k");
        Run("SET k v");
        Run("UNWATCH");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo("[]"));
    }

    [Test]
    public void UNWATCH_within_a_transaction_is_queued_and_does_nothing()
    {
        Run("WATCH k");
        Run("MULTI");
        Assert.That(Run("UNWATCH"), Is.EqualTo("+QUEUED"));
        Run("SET k v");
        Assert.That(Run("EXEC"), Is.EqualTo("[+OK, +OK]"));
    }

    [Test]
    public void A_key_that_expires_overtakes_even_if_nobody_has_deleted_it()
    {
        Run("DEBUG SET-ACTIVE-EXPIRE 0");
        Run("SET k v PX 100");
        Run("WATCH k");
        Server.AdvanceTime(200);
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo(Null));
    }

    [Test]
    public void A_key_that_was_over_when_it_was_watched_is_ignored_until_it_is_made_anew()
    {
        Run("DEBUG SET-ACTIVE-EXPIRE 0");
        Run("SET k v PX 100");
        Server.AdvanceTime(200);
        Run("WATCH k");
        Server.Connect().Run("GET", "k");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo("[]"), "that it went is no change");
        Run("SET k v PX 100");
        Server.AdvanceTime(200);
        Run("WATCH k");
        Server.Connect().Run("SET", "k", "new");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo(Null));
    }

    [Test]
    public void A_key_that_a_swap_brings_overtakes_but_not_one_that_is_over()
    {
        Run("DEBUG SET-ACTIVE-EXPIRE 0");
        Run("SELECT 1");
        Run("SET over x PX 100");
        Run("SET there x");
        Run("SELECT 0");
        Server.AdvanceTime(200);
        Run("WATCH over");
        Server.Connect().Run("SWAPDB", "0", "1");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo("[]"));
        Server.Connect().Run("SWAPDB", "0", "1");
        Run("WATCH there");
        Server.Connect().Run("SWAPDB", "0", "1");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo(Null));
    }

    [Test]
    public void That_a_key_is_watched_moves_nothing_while_it_is_changed()
    {
        var watcher = Server.Connect();
        for (var i = 0; i < 3000; i++)
        {
            watcher.Run("WATCH", $"k{i}");
            Assert.That(Run("RPUSH", $"k{i}", "v"), Is.EqualTo(":1"), "though the table grows");
            watcher.Run("UNWATCH");
        }
    }

    [Test]
    public void A_client_shows_what_it_has_queued_and_watches()
    {
        Run("SET k v");
        Run("WATCH k l");
        Run("MULTI");
        Run("GET k");
        var watcher = Server.Connect();
        Assert.That(watcher.Run("CLIENT", "LIST"), Does.Contain("flags=x ").And.Contain("multi=1 watch=2 "));
        Assert.That(watcher.Run("INFO", "clients"), Does.Contain("watching_clients:1").And.Contain("total_watched_keys:2"));
        watcher.Run("SET", "k", "w");
        Assert.That(watcher.Run("CLIENT", "LIST"), Does.Contain("flags=xd ").And.Contain("multi=1 watch=0 "));
        Assert.That(watcher.Run("INFO", "clients"), Does.Contain("watching_clients:0").And.Contain("total_watched_keys:0"));

        Run("DISCARD");
        Run("WATCH k l");
        watcher.Run("FLUSHALL");
        Assert.That(watcher.Run("CLIENT", "LIST"), Does.Contain("flags=d ").And.Contain("watch=2 "), "as in Redis, which forgets what is watched when one key changes only");
        Run("UNWATCH");
        Assert.That(watcher.Run("CLIENT", "LIST"), Does.Not.Contain("watch=2 "));
    }

    [Test]
    public void Who_goes_leaves_nothing_behind()
    {
        var (used, clients) = (Server.Server.Allocator.UsedBytes, Server.Server.Clients.Count);
        var client = Server.Connect();
        client.Run("WATCH", "k");
        client.Run("MULTI");
        client.Run("SET", "k", new string('x', 100_000));
        client.Run("SET", "l", new string('x', 10_000));
        Assert.That(client.Served!.MemoryBytes, Is.GreaterThan(110_000));
        client.Peer.Close();
        Server.TurnUntil(() => Server.Server.Clients.Count == clients);
        Assert.That(Server.Server.Executor.Transactions.Watched.Watchers, Is.Zero);
        Assert.That(Server.Server.Allocator.UsedBytes - used, Is.LessThan(20_000));
    }

    [Test]
    public void A_long_chain_of_watched_keys_is_forgotten_bit_by_bit()
    {
        var keys = Enumerable.Range(0, 10_000).Select(i => $"k{i}");
        Run(["WATCH", .. keys]);
        Run("UNWATCH");
        var watched = Server.Server.Executor.Transactions.Watched;
        Assert.That(watched.Watchers, Is.Zero);
        Assert.That(watched.KeyCount, Is.GreaterThan(0));
        Run("WATCH k1");
        Server.TurnUntil(() => !watched.HasToForget);
        Assert.That(watched.KeyCount, Is.EqualTo(1));
        Server.Connect().Run("SET", "k1", "v");
        Run("MULTI");
        Assert.That(Run("EXEC"), Is.EqualTo(Null));
    }

    /// <summary>The hat shop of Redis' tutorial: who buys watches the stock, looks, and takes one if there is any.</summary>
    [Test]
    public void A_shop_sells_exactly_its_stock_to_fifty_buyers_at_once()
    {
        const int stock = 120, buyers = 50;
        Run($"HSET hat quantity {stock} sold 0");
        var random = new Random(1);
        var clients = Enumerable.Range(0, buyers).Select(_ => Server.Connect()).ToArray();
        var steps = new int[buyers];
        int bought = 0, retried = 0;
        while (steps.Any(step => step >= 0))
        {
            var i = random.Next(buyers);
            var client = clients[i];
            switch (steps[i])
            {
                case 0: client.Run("WATCH", "hat"); break;
                case 1 when client.Run("HGET", "hat", "quantity") == "\"0\"":
                    client.Run("UNWATCH");
                    steps[i] = -1;
                    continue;
                case 2: client.Run("MULTI"); break;
                case 3: client.Run("HINCRBY", "hat", "quantity", "-1"); break;
                case 4: client.Run("HINCRBY", "hat", "sold", "1"); break;
                case 5:
                    if (client.RunValue("EXEC").Items is { Length: 2 }) bought++;
                    else retried++;
                    steps[i] = 0;
                    continue;
            }
            if (steps[i] >= 0) steps[i]++;
        }
        Assert.That(bought, Is.EqualTo(stock));
        Assert.That(retried, Is.GreaterThan(0));
        Assert.That(Run("HMGET hat quantity sold"), Is.EqualTo($"[\"0\", \"{stock}\"]"));
    }
}
