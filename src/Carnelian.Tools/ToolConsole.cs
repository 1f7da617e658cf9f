namespace Carnelian;

/// <summary>Where a tool runs: what called it, what it prints to, who answers. Text is byte text, because files have names and keys of any bytes.</summary>
/// <param name="calledAs">What stands in front of the arguments: "redis-check-rdb", "carnelian check-rdb".</param>
public sealed class ToolConsole(World world, string calledAs, Stream output, Stream errors, Stream input)
{
    public World World => world;

    public string CalledAs => calledAs;

    public void Print(string byteText) => output.Write(ByteText.ToBytes(byteText));

    public void PrintLine(string byteText) => Print(byteText + '\n');

    public void PrintError(string byteText) => errors.Write(ByteText.ToBytes(byteText + '\n'));

    /// <summary>Whether the answer to a question begins with y. What was printed stands there before it.</summary>
    public bool Confirm(string question)
    {
        Print(question);
        output.Flush();
        return input.ReadByte() is 'y' or 'Y';
    }
}
