using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>Runs the groups asked for against all servers, prints as it goes, and writes the report.</summary>
internal static class Program
{
    private const int ExitFailed = 1;
    private const int ExitUsage = 2;

    private static readonly IGroup[] Groups =
    [
        new ThroughputGroup(), new MemoryGroup(), new ChurnGroup(), new KeyLengthGroup(), new ConnectionsGroup(), new BlockedGroup(), new TransactionsGroup(), new ScriptsGroup(), new PubSubGroup(), new PauseGroup(),
        new StartUpGroup(), new AllocationsGroup(), new EvictionHitsGroup(), new EvictionLoadGroup(),
        new SaveGroup(), new LoadingGroup(), new AppendOnlyGroup(),
    ];

    private static int Main(string[] arguments)
    {
        using var children = new Children();
        using var interrupt = EndOn(PosixSignal.SIGINT, children);
        using var termination = EndOn(PosixSignal.SIGTERM, children);
        using var hangUp = EndOn(PosixSignal.SIGHUP, children);
        try
        {
            var options = Options.Read(arguments);
            if (!options.Help && !options.List)
                return Run(options, children);
            Console.WriteLine(options.Help ? Options.Usage : ListOfGroups());
            return 0;
        }
        catch (Exception e) when (e is BenchStopped or MeasurementFailed)
        {
            Console.Error.WriteLine(e.Message);
            return ExitUsage;
        }
    }

    private static int Run(Options options, Children children)
    {
        foreach (var name in options.Only)
            if (!Groups.Any(group => group.Members.Any(member => Selects(name, group, member))))
                throw new BenchStopped($"'{name}' is neither a group nor a workload; --list prints them");

        using var sources = new Sources(options, children);
        var benchmark = sources.Benchmark();
        var programs = sources.Programs();
        var report = new Report(options, programs);
        report.PrintHead();
        var lab = new Lab(options, programs, benchmark, children, report);
        foreach (var group in Groups)
        {
            var members = group.Members.Where(member => options.Only.Count == 0 || options.Only.Any(name => Selects(name, group, member))).ToList();
            if (members.Count > 0)
                group.Run(lab, members);
        }
        if (options.WriteTo != null)
            File.WriteAllText(options.WriteTo, report.ToMarkdown());
        return report.HasFailures ? ExitFailed : 0;
    }

    private static string ListOfGroups() =>
        string.Join('\n', Groups.GroupBy(g => g.Name, g => string.Join(' ', g.Members), (name, members) => $"{name}: {string.Join(' ', members)}"));

    /// <summary>A name stands for a group, a member, or the members that begin with it: "memory", "set-p16", "set".</summary>
    private static bool Selects(string name, IGroup group, string member) =>
        name == group.Name || name == member || member.StartsWith(name + "-", StringComparison.Ordinal);

    // The servers are ended before this program; the thread that measures then finds them gone and may start no others.
    private static PosixSignalRegistration EndOn(PosixSignal signal, Children children) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        children.Dispose();
    });
}
