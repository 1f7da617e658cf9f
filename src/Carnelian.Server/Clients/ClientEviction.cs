using System.Globalization;
using System.Numerics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Closes clients when all of them together take as much as maxmemory-clients allows: those that take most first. They are kept in classes of memory that
/// double, as in Redis, so that nobody has to look at all of them; within a class, who came to it first is closed first.
/// </summary>
internal sealed class ClientEviction(Server server)
{
    /// <summary>Classes begin with what is below 32 KB and end with what is above 4 GB.</summary>
    private const int LogMin = 15, LogMax = 33, Classes = LogMax - LogMin + 1;

    /// <summary>A smaller limit would leave nobody to raise it.</summary>
    private const long LimitMin = 128 << 10;

    private const int ClosedPerTurn = 64;
    private const long WarningIntervalMs = 1000;

    private readonly LinkedList<Client>[] _classes = [.. Enumerable.Range(0, Classes).Select(_ => new LinkedList<Client>())];
    private readonly long[] _bytes = new long[Classes];
    private long _warnedAtMs = -WarningIntervalMs;

    /// <summary>More are to be closed than one turn closes.</summary>
    public bool IsBehind { get; private set; }

    private bool IsOn => server.Options.ClientMemoryMax != 0;

    /// <summary>Bytes; 0: there is none. A percentage is one of maxmemory.</summary>
    private long Limit
    {
        get
        {
            var (configured, memory) = (server.Options.ClientMemoryMax, server.Options.Keyspace.MaxMemory);
            if (configured < 0 && memory > 0) return Math.Max(LimitMin, (long)Math.Min((double)memory * -configured / 100, long.MaxValue / 2));
            return configured > 0 ? Math.Max(LimitMin, configured) : 0;
        }
    }

    private long Used => server.Clients.MemoryByClass[(int)ClientClass.Normal] + server.Clients.MemoryByClass[(int)ClientClass.PubSub];

    /// <summary>maxmemory-clients has been set.</summary>
    public void Refresh()
    {
        foreach (var client in server.Clients) Update(client, client.CountedMemory);
    }

    /// <summary>A client's memory has been counted anew, or whether it may be closed has changed.</summary>
    /// <param name="before">What its memory was.</param>
    public void Update(Client client, long before)
    {
        var from = client.MemoryClass;
        if (!IsOn && from == Client.NoMemoryClass) return;
        var to = IsOn && !client.IsClosed && !client.IsSpared ? ClassOf(client.CountedMemory) : Client.NoMemoryClass;
        if (from != Client.NoMemoryClass) _bytes[from] -= before;
        if (to != Client.NoMemoryClass) _bytes[to] += client.CountedMemory;
        if (from == to) return;
        var node = client.MemoryNode ??= new(client);
        if (from != Client.NoMemoryClass) _classes[from].Remove(node);
        if (to != Client.NoMemoryClass) _classes[to].AddLast(node);
        client.MemoryClass = to;
    }

    private static int ClassOf(long bytes) => Math.Clamp(64 - BitOperations.LeadingZeroCount((ulong)bytes), LogMin, LogMax) - LogMin;

    /// <summary>At the end of a turn, also of one within a call: who calls is spared.</summary>
    public void Run()
    {
        IsBehind = false;
        if (!IsOn || Limit is not (> 0 and var limit) || Used < limit) return;
        Close(limit);
    }

    private void Close(long limit)
    {
        var closed = 0;
        for (var i = Classes - 1; i >= 0; i--)
        {
            for (var node = _classes[i].First; node is not null;)
            {
                var client = node.Value;
                node = node.Next;
                if (client.IsRunning) continue;
                if (Used < limit) return;
                IsBehind = closed++ == ClosedPerTurn;
                if (IsBehind) return;
                server.Log.LogInformation("Evicting client: {Client}", ClientDescription.Of(client, server.MonotonicMs));
                server.Clients.Close(client);
                server.Statistics.ClientsEvicted++;
            }
        }
        if (Used >= limit) Warn();
    }

    private void Warn()
    {
        if (server.MonotonicMs - _warnedAtMs < WarningIntervalMs) return;
        _warnedAtMs = server.MonotonicMs;
        server.Log.LogWarning("Over client maxmemory after evicting all evictable clients");
    }

    /// <summary>DEBUG CLIENT-EVICTION: the classes and what is in them. Null while there is no limit.</summary>
    public string? Describe()
    {
        if (!IsOn) return null;
        var text = new StringBuilder();
        for (var i = 0; i < Classes; i++)
        {
            var (first, last) = (i == 0 ? 0 : 1L << (LogMin + i - 1), (1L << (LogMin + i)) - 1);
            text.Append(CultureInfo.InvariantCulture, $"bucket {first,10}");
            if (i == Classes - 1) text.Append("+            : ");
            else text.Append(CultureInfo.InvariantCulture, $" - {last,10}: ");
            text.Append(CultureInfo.InvariantCulture, $"tot-mem: {_bytes[i],10}, clients: {_classes[i].Count}\n");
        }
        return text.ToString();
    }
}
