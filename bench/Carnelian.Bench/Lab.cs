namespace Carnelian;

/// <summary>A part of the run: one table of the report, made of parts that can be asked for by name.</summary>
internal interface IGroup
{
    string Name { get; }

    IReadOnlyList<string> Members { get; }

    /// <summary>Measures the members asked for on every server and fills the table.</summary>
    void Run(Lab lab, IReadOnlyList<string> members);
}

/// <summary>What every group needs: the servers to compare, the load generator, the options and the report.</summary>
internal sealed record Lab(Options Options, List<ServerProgram> Programs, string Benchmark, Children Children, Report Report)
{
    /// <summary>The small load where that suffices to try things out, the full one for figures to keep.</summary>
    public int Size(int small, int full) => Options.Full ? full : small;

    /// <summary>One server after the other, each alone and fresh. What fails is reported, and the rest goes on.</summary>
    public void ForEachServer(string what, Action<ServerUnderTest> measure, int clientsMax = 1000, int first = 0)
    {
        foreach (var program in Rotated(Programs, first))
        {
            Attempt(program.Name, what, () =>
            {
                using var server = ServerUnderTest.Start(program, Children, clientsMax);
                Measure(server, measure);
            });
        }
    }

    /// <summary>Whether the measurement of a running server succeeded; otherwise the report says why not.</summary>
    public bool Attempt(ServerUnderTest server, string what, Action<ServerUnderTest> measure) => Attempt(server.Name, what, () => Measure(server, measure));

    public bool Attempt(string server, string what, Action measure)
    {
        try
        {
            measure();
            return true;
        }
        catch (MeasurementFailed e)
        {
            Children.StopIfClosed();
            Report.Fail(server, what, e.Message);
            return false;
        }
    }

    private static void Measure(ServerUnderTest server, Action<ServerUnderTest> measure)
    {
        try
        {
            measure(server);
        }
        catch (Exception e) when (e is MeasurementFailed or IOException && server.AwaitEnd())
        {
            // A lost connection or a vanished /proc entry is only the consequence.
            throw server.Ended();
        }
    }

    /// <summary>A B C D, then B C D A, …: no server is always the one after the same other, or always the first.</summary>
    public static IEnumerable<T> Rotated<T>(IReadOnlyList<T> all, int first)
    {
        for (var i = 0; i < all.Count; i++)
            yield return all[(first + i) % all.Count];
    }
}
