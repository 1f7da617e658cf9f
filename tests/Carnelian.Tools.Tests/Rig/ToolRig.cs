using System.Text;

namespace Carnelian.Tests;

/// <summary>What a tool printed, and the status that it ended with.</summary>
internal sealed record ToolResult(int Status, string Output, string Errors)
{
    /// <summary>What the reference tools print too.</summary>
    public string[] Lines => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("[summary]", StringComparison.Ordinal))];

    public string[] Summary => [.. Output.Split('\n').Where(line => line.StartsWith("[summary] ", StringComparison.Ordinal)).Select(line => line["[summary] ".Length..])];
}

/// <summary>Runs tools on the disk of a simulated world.</summary>
internal sealed class ToolRig : IDisposable
{
    private readonly SimulatedWorld _world = new(1);

    public SimulatedDisk Disk => _world.Disk;

    public void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = Disk.Open(path, DiskOpenMode.Replace).Value!;
        Assert.That(file.Append(bytes).Ok);
    }

    public byte[] Read(string path) => Disk.ReadAll(path).Value!;

    /// <param name="answers">What the user types.</param>
    public ToolResult Run(Func<ToolConsole, string[], int> tool, string[] arguments, string answers = "")
    {
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        using var input = new MemoryStream(Encoding.Latin1.GetBytes(answers));
        var status = tool(new(_world, "tool", output, errors, input), arguments);
        return new(status, Encoding.Latin1.GetString(output.ToArray()), Encoding.Latin1.GetString(errors.ToArray()));
    }

    public void Dispose() => _world.Dispose();
}
