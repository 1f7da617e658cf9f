namespace Carnelian;

/// <summary>Runs one call of a command.</summary>
public delegate void CommandHandler(ref Call call);

/// <summary>Finds a call's keys where key specs do not suffice. False when the arguments are not valid.</summary>
public delegate bool KeyExtractor(Arguments arguments, ref KeyRanges keys);

/// <summary>
/// The commands that one assembly declares. An assembly with commands has one class
/// <c>public sealed partial class XyzCommands : CommandSet;</c> and the generator writes its body.
/// </summary>
public abstract class CommandSet
{
    /// <summary>Adds every command, containers before their subcommands.</summary>
    public abstract void Declare(CommandDeclarations commands);

    /// <summary>The text that <see cref="CommandDocumentation"/> reads, of the command with this number in the set.</summary>
    public abstract ReadOnlySpan<byte> Document(int number);
}

/// <summary>Collects what the sets declare while a table is being built.</summary>
public sealed class CommandDeclarations
{
    private CommandSet? _set;
    private int _number;

    internal List<Command> Commands { get; } = new(512);

    /// <summary>Called by generated code, in the order of the documents' numbers.</summary>
    public void Add(
        string fullName, CommandHandler? handler, int arity, uint flags, ulong categories = 0, string? keys = null, KeyExtractor? extractor = null) =>
        Commands.Add(new Command(
            fullName, handler, arity, (CommandFlags)flags, (AclCategories)categories, KeySpec.ParseAll(keys), extractor, _set!, _number++));

    internal void AddAll(CommandSet set)
    {
        (_set, _number) = (set, 0);
        set.Declare(this);
    }
}
