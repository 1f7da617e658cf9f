namespace Carnelian.Tests;

/// <summary>Tests of commands run twice, in RESP2 and RESP3: the base makes the server and shakes hands.</summary>
[TestFixture(RespVersion.Resp2), TestFixture(RespVersion.Resp3)]
internal abstract class CommandFixture(RespVersion version)
{
    protected SimulatedServer Server { get; private set; } = null!;

    protected bool IsResp3 => version == RespVersion.Resp3;

    [SetUp]
    public void Start()
    {
        Server = new SimulatedServer(Configure);
        if (IsResp3) Server.Run("HELLO", "3");
    }

    protected virtual void Configure(ServerOptions options)
    {
    }

    [TearDown]
    public void Stop() => Server.Dispose();

    protected string Run(params string[] arguments) => Server.Run(arguments);

    /// <summary>Runs a request whose words blanks divide.</summary>
    protected string Run(string words) => Server.Run(words.Split(' '));

    /// <summary>How the version writes a map.</summary>
    protected string Map(params string[] keysAndValues)
    {
        if (!IsResp3) return $"[{string.Join(", ", keysAndValues)}]";
        return $"{{{string.Join(", ", keysAndValues.Chunk(2).Select(pair => $"{pair[0]}: {pair[1]}"))}}}";
    }
}
