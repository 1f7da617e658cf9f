using System.Diagnostics;

namespace Carnelian;

/// <summary>
/// Declares a command on its handler, a static method <c>void (ref Call call)</c> that the assembly can see, or, for a
/// container that only has subcommands, on the class of the handlers. The generator makes the table of it at compile
/// time, so the attribute itself never reaches the assembly. <c>eng/declare-commands.py</c> prints declarations from a running server.
/// <code>
/// [Command("GET", Summary = "Returns the string value of a key.", Since = "1.0.0", Complexity = "O(1)",
///     Flags = ReadOnly | Fast, Keys = "1 RO access", Arguments = "key")]
/// internal static void Get(ref Call call)
/// </code>
/// </summary>
/// <param name="name">In upper case; a subcommand's with its container's before it: "CONFIG GET".</param>
[Conditional("NEVER"), AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class CommandAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    public string? Summary { get; set; }

    /// <summary>The version of Redis (or Valkey) that brought it.</summary>
    public string? Since { get; set; }

    public string? Complexity { get; set; }

    /// <summary>The documentation's group, when it is not that of the class (<see cref="CommandFamilyAttribute"/>).</summary>
    public string? Group { get; set; }

    public CommandFlags Flags { get; set; }

    /// <summary>
    /// ACL categories, divided by spaces, beside those that follow from the flags. Unless given, a handler has the category
    /// of its group (<see cref="AclCategoryNames.OfGroup"/>) and a container has none; "" says none.
    /// </summary>
    public string? Categories { get; set; }

    /// <summary>Where the keys stand: see <see cref="KeySpec"/>.</summary>
    public string? Keys { get; set; }

    /// <summary>
    /// The <see cref="KeyExtractor"/> (nameof a method of the same class or of <see cref="KeyExtractors"/>) that finds the keys when the
    /// specs cannot: unknown, incomplete or with variable flags.
    /// </summary>
    public string? KeysFrom { get; set; }

    /// <summary>The argument tree: see <see cref="ArgumentSyntax"/>.</summary>
    public string? Arguments { get; set; }

    /// <summary>
    /// The number of arguments with the name; negative when there may be more. Only where <see cref="Arguments"/> do not tell
    /// it; a container's is -2.
    /// </summary>
    public int Arity { get; set; }

    /// <summary>Hints for clients and proxies, divided by spaces: "request_policy:all_shards response_policy:agg_sum".</summary>
    public string? Tips { get; set; }

    /// <summary>What changed since, each "version: change", oldest first.</summary>
    public string[]? History { get; set; }

    /// <summary>Makes the command show as deprecated.</summary>
    public string? DeprecatedSince { get; set; }

    public string? ReplacedBy { get; set; }

    /// <summary>Internal to the server: shown as "syscmd".</summary>
    public bool System { get; set; }

    /// <summary>The module that clients believe it comes from; such commands keep their name's case and have no implied ACL categories.</summary>
    public string? Module { get; set; }
}

/// <summary>The documentation's group of the commands of a class, such as "string" or "sorted-set".</summary>
[Conditional("NEVER"), AttributeUsage(AttributeTargets.Class)]
public sealed class CommandFamilyAttribute(string group) : Attribute
{
    public string Group { get; } = group;
}
