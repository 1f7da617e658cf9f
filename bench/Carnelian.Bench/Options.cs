namespace Carnelian;

/// <summary>What the command line asks for.</summary>
internal sealed class Options
{
    public const string Usage = """
        Compares a candidate server with Redis, Valkey and Garnet on this machine.

        Carnelian.Bench [options]
          --candidate COMMAND  the server to judge, words split at spaces; it must exec, not fork
                               (default: publishes src/Carnelian, the native executable where
                               a C linker is there, and runs its server)
          --refs DIR           folder with redis-server, valkey-server, valkey-benchmark
                               (default: obtained by eng/reference-servers.sh)
          --garnet PATH        garnet-server (default: installed as a .NET tool)
          --servers NAMES      of candidate,redis,valkey,garnet (default: all)
          --only NAMES         workloads or whole groups (default: all; see --list)
          --rounds N           rounds whose median counts (default: 5)
          --load small|full    size of everything (default: small)
          --churn SECONDS      how long the memory group churns (default: 60, small: 10)
          --write FILE         also write the report as Markdown
          --list               print groups and workloads
        """;

    public string[]? Candidate { get; private set; }
    public string? References { get; private set; }
    public string? Garnet { get; private set; }
    public IReadOnlyList<string> Servers { get; private set; } = [ServerProgram.Candidate, "redis", "valkey", "garnet"];
    public IReadOnlyList<string> Only { get; private set; } = [];
    public int Rounds { get; private set; } = 5;
    public bool Full { get; private set; }
    public int? ChurnSecondsAsked { get; private set; }
    public string? WriteTo { get; private set; }
    public bool List { get; private set; }
    public bool Help { get; private set; }

    public int ChurnSeconds => ChurnSecondsAsked ?? (Full ? 60 : 10);

    public static Options Read(string[] arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            string Value() => ++i < arguments.Length ? arguments[i] : throw new BenchStopped($"{name} needs a value");
            switch (name)
            {
                case "--candidate": options.Candidate = Words(Value(), ' '); break;
                case "--refs": options.References = Value(); break;
                case "--garnet": options.Garnet = Value(); break;
                case "--servers": options.Servers = KnownServers(Words(Value(), ','), options.Servers); break;
                case "--only": options.Only = Words(Value(), ','); break;
                case "--rounds": options.Rounds = Count(name, Value()); break;
                case "--load": options.Full = IsFull(Value()); break;
                case "--churn": options.ChurnSecondsAsked = Count(name, Value()); break;
                case "--write": options.WriteTo = Value(); break;
                case "--list": options.List = true; break;
                case "--help" or "-h": options.Help = true; break;
                default: throw new BenchStopped($"'{name}' is no option; --help lists them");
            }
        }
        return options;
    }

    private static string[] Words(string value, char separator)
    {
        var words = value.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words.Length > 0 ? words : throw new BenchStopped($"'{value}' names nothing");
    }

    private static string[] KnownServers(string[] names, IReadOnlyList<string> known)
    {
        foreach (var name in names)
            if (!known.Contains(name))
                throw new BenchStopped($"'{name}' is no server; there are {string.Join(", ", known)}");
        return names;
    }

    private static int Count(string name, string value) =>
        int.TryParse(value, out var count) && count is > 0 and <= 100_000
            ? count
            : throw new BenchStopped($"{name} takes a number from 1 to 100000, not '{value}'");

    private static bool IsFull(string value) => value switch
    {
        "full" => true,
        "small" => false,
        _ => throw new BenchStopped($"--load takes small or full, not '{value}'"),
    };
}
