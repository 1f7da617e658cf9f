namespace Carnelian;

/// <summary>What is known of a command or subcommand. Immutable once its table is built; one object per table.</summary>
public sealed class Command
{
    private readonly CommandSet _set;
    private readonly int _document;
    private readonly KeySpec[] _keySpecs;
    private readonly KeyExtractor? _extractor;
    private readonly bool _trustsKeySpecs;
    private NameTable? _subcommandNames;

    internal Command(
        string fullName, CommandHandler? handler, int arity, CommandFlags flags, AclCategories categories, KeySpec[] keySpecs, KeyExtractor? extractor,
        CommandSet set, int document)
    {
        FullName = fullName;
        Name = fullName[(fullName.IndexOf('|') + 1)..];
        Handler = handler;
        Arity = arity;
        LegacyRange = LegacyKeyRange.Of(keySpecs, out var movable);
        Flags = movable ? flags | CommandFlags.MovableKeys : flags;
        Categories = categories | Implied(flags, categories);
        _keySpecs = keySpecs;
        _extractor = extractor;
        _set = set;
        _document = document;

        var (real, reliable) = (false, true);
        foreach (var spec in keySpecs)
        {
            real |= (spec.Flags & KeyFlags.NotKey) == 0;
            reliable &= (spec.Flags & KeyFlags.VariableFlags) == 0;
        }
        HasKeys = real || extractor is not null;
        _trustsKeySpecs = keySpecs.Length > 0 && (reliable || extractor is null);
    }

    /// <summary>The command's place among all commands and subcommands of its table: dense, for arrays of statistics.</summary>
    public int Index { get; internal set; }

    /// <summary>"get"; of a subcommand the last word.</summary>
    public string Name { get; }

    /// <summary>"config|get", as COMMAND, ACL and INFO commandstats write it.</summary>
    public string FullName { get; }

    /// <summary>Null for a pure container.</summary>
    public CommandHandler? Handler { get; }

    /// <summary>The number of arguments with the command's name (and the subcommand's); negative when there may be more.</summary>
    public int Arity { get; }

    public CommandFlags Flags { get; }

    /// <summary>With those that follow from the flags.</summary>
    internal AclCategories Categories { get; }

    /// <summary>First, last and step, as far as one range can tell where the keys are.</summary>
    internal LegacyKeyRange LegacyRange { get; }

    internal ReadOnlySpan<KeySpec> KeySpecs => _keySpecs;

    /// <summary>Whether a call can name keys at all.</summary>
    public bool HasKeys { get; }

    public Command? Container { get; private set; }

    public bool IsSubcommand => Name.Length != FullName.Length;

    /// <summary>Empty when the command is no container.</summary>
    public Command[] Subcommands { get; private set; } = [];

    internal CommandDocumentation Documentation => new(_set.Document(_document));

    public bool Has(CommandFlags any) => (Flags & any) != 0;

    /// <summary>Whether a call with so many arguments, the name included, is right.</summary>
    public bool AcceptsCount(int arguments) => Arity >= 0 ? arguments == Arity : arguments >= -Arity;

    public Command? FindSubcommand(ReadOnlySpan<byte> name) => _subcommandNames?.Find(name);

    /// <summary>
    /// Where the keys of a call are, and how each is treated. False when the arguments do not allow to tell, and then there are none.
    /// </summary>
    /// <param name="arguments">From the command's name on; their number fits the arity.</param>
    /// <param name="withNotKeys">Also what is only routed like a key.</param>
    public bool FindKeys(Arguments arguments, out KeyRanges keys, bool withNotKeys = false)
    {
        keys = default;
        // A spec is preferred while its flags are exact; the extractor serves where a spec must say "it depends".
        if (_trustsKeySpecs && FindBySpecs(arguments, ref keys, withNotKeys)) return true;
        keys = default;
        if (_extractor is null ? FindLeniently(arguments, ref keys) : _extractor(arguments, ref keys)) return true;
        keys = default;
        return false;
    }

    internal void Adopt(Command subcommand)
    {
        subcommand.Container = this;
        Subcommands = [.. Subcommands, subcommand];
    }

    /// <summary>To be called once, when all subcommands are there.</summary>
    internal void NameSubcommands() => _subcommandNames = new NameTable(Subcommands);

    /// <summary>As Redis finds keys where their number is no number by its specs: what is stored to comes last.</summary>
    private bool FindLeniently(Arguments arguments, ref KeyRanges keys)
    {
        for (var i = _keySpecs.Length - 1; i >= 0; i--)
        {
            if ((_keySpecs[i].Flags & KeyFlags.NotKey) != 0) continue;
            if (!KeySearch.TryFind(_keySpecs[i], arguments, ref keys, isLenient: true) || (_keySpecs[i].Flags & KeyFlags.Incomplete) != 0) return false;
        }
        return true;
    }

    private bool FindBySpecs(Arguments arguments, ref KeyRanges keys, bool withNotKeys)
    {
        foreach (var spec in KeySpecs)
        {
            if ((spec.Flags & KeyFlags.NotKey) != 0 && !withNotKeys) continue;
            if (!KeySearch.TryFind(spec, arguments, ref keys) || (spec.Flags & KeyFlags.Incomplete) != 0) return false;
        }
        return true;
    }

    /// <summary>The ACL categories that follow from flags, by Redis' rules.</summary>
    private static AclCategories Implied(CommandFlags flags, AclCategories declared)
    {
        if ((flags & CommandFlags.Module) != 0) return AclCategories.None;
        var implied = (flags & CommandFlags.Fast) != 0 ? AclCategories.Fast : AclCategories.Slow;
        if ((flags & CommandFlags.Write) != 0) implied |= AclCategories.Write;
        // What runs scripts is no read, even if they may only read.
        if ((flags & CommandFlags.ReadOnly) != 0 && (declared & AclCategories.Scripting) == 0) implied |= AclCategories.Read;
        if ((flags & CommandFlags.Admin) != 0) implied |= AclCategories.Admin | AclCategories.Dangerous;
        if ((flags & CommandFlags.PubSub) != 0) implied |= AclCategories.PubSub;
        if ((flags & CommandFlags.Blocking) != 0) implied |= AclCategories.Blocking;
        return implied;
    }
}
