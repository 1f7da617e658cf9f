namespace Carnelian;

/// <summary>Types of arguments, in the order of <see cref="ArgumentSyntax.TypeNames"/>.</summary>
internal enum ArgumentType : byte { String, Integer, Double, Key, Pattern, UnixTime, PureToken, OneOf, Block }

[Flags]
internal enum ArgumentFlags : byte
{
    None = 0,
    Optional = 1,
    Multiple = 2,

    /// <summary>With <see cref="Multiple"/>: the token stands before each, not only before the first.</summary>
    MultipleToken = 4,
}

/// <summary>A node of a command's argument tree, as COMMAND DOCS shows it.</summary>
internal sealed class ArgumentNode
{
    public string Name { get; internal set; } = "";

    public ArgumentType Type { get; internal set; }

    public ArgumentFlags Flags { get; internal set; }

    /// <summary>What a syntax line shows for it; null for one-ofs and blocks.</summary>
    public string? DisplayText { get; internal set; }

    /// <summary>A word that stands before the argument, or is it (<see cref="ArgumentType.PureToken"/>).</summary>
    public string? Token { get; internal set; }

    /// <summary>Index of the key spec that finds it; -1 when it is no key.</summary>
    public int KeySpecIndex { get; internal set; } = -1;

    public string? Summary { get; internal set; }

    public string? Since { get; internal set; }

    public string? DeprecatedSince { get; internal set; }

    /// <summary>Alternatives of a one-of, parts of a block; else empty.</summary>
    public ArgumentNode[] Children { get; internal set; } = [];
}

/// <summary>
/// The compact text of a command's arguments, close to the syntax lines of Redis' documentation:
/// <code>
/// arguments = argument *( " " argument )
/// argument  = item                                   required
///           | "[" item "]" suffixes                  optional
///           | "(" group ")" suffixes                 a group that is required
/// item      = [ token [ "..." ] ] value | pure | group
/// group     = [ token ] NAME suffixes ": " parts     with a token before the group
/// parts     = argument *( " " argument )             a block
///           | argument 1*( " | " argument )          one of these
/// value     = NAME [ "='" display "'" ] [ ":" type ] suffixes
/// pure      = ( token | NAME ":" token ) suffixes    type pure-token; its name is the token in lower case unless given
/// token     = WORD in upper case | "'" any "'"
/// type      = string integer double key pattern unix-time
/// suffixes  = [ "#" key-spec ] [ "@" since ] [ "!" deprecated-since ] [ "{" summary "}" ] [ "..." ]
/// </code>
/// "..." is multiple; after a token it says that the token is repeated too. A value named "key" or "pattern" has that type,
/// else the type is string unless given. The display text is the name unless given. Keys refer to the key specs in turn, the last of them serving
/// those that are left, unless "#" says otherwise. A token binds to the lower-case word after it.
/// <code>
/// SET   key value [condition: NX@2.6.12 | XX@2.6.12] [GET@6.2.0] [expiration: EX seconds:integer@2.6.12 | KEEPTTL@6.0.0]
/// MSET  (data: key value)...
/// SORT  key [BY by-pattern='pattern':pattern#1] [LIMIT limit: offset:integer count:integer] [GET... get-pattern='pattern':pattern#1]
/// </code>
/// Also compiled into the generator, which checks declarations and derives arities with it.
/// </summary>
internal sealed class ArgumentSyntax
{
    private const int DepthMax = 8;

    private static readonly string[] _typeTexts =
        ["string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block"];

    private readonly string _text;
    private readonly int _keySpecs;
    private int _at;
    private int _keysSeen;
    private int _depth;

    private ArgumentSyntax(string text, int keySpecs)
    {
        _text = text;
        _keySpecs = keySpecs;
    }

    /// <summary>In the order of <see cref="ArgumentType"/>.</summary>
    public static ReadOnlySpan<string> TypeNames => _typeTexts;

    /// <param name="keySpecs">How many key specs the command has.</param>
    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static ArgumentNode[] Parse(string? text, int keySpecs)
    {
        if (string.IsNullOrEmpty(text)) return [];
        var syntax = new ArgumentSyntax(text!, keySpecs);
        var arguments = syntax.Parts('\0', out var alternatives);
        return alternatives ? throw syntax.Bad("'|' belongs into a named group") : arguments;
    }

    /// <summary>The arity that follows: the number of arguments with the command's name, negative when there may be more.</summary>
    public static int ArityOf(ArgumentNode[] arguments, int nameWords)
    {
        var (least, most) = (nameWords, nameWords);
        foreach (var argument in arguments)
        {
            var (low, high) = Size(argument);
            least += low;
            most = high == int.MaxValue || most == int.MaxValue ? int.MaxValue : most + high;
        }
        return least == most ? least : -least;
    }

    private static (int Least, int Most) Size(ArgumentNode node)
    {
        var (least, most) = (0, 0);
        if (node.Type == ArgumentType.OneOf) least = int.MaxValue;
        else if (node.Type != ArgumentType.Block) least = most = 1;
        foreach (var child in node.Children)
        {
            var (low, high) = Size(child);
            (least, most) = node.Type == ArgumentType.OneOf
                ? (Math.Min(least, low), Math.Max(most, high))
                : (least + low, high == int.MaxValue ? high : most == int.MaxValue ? most : most + high);
        }
        if (node.Token is not null && node.Type != ArgumentType.PureToken)
        {
            least++;
            if (most != int.MaxValue) most++;
        }
        if ((node.Flags & ArgumentFlags.Multiple) != 0) most = int.MaxValue;
        return (node.Flags & ArgumentFlags.Optional) != 0 ? (0, most) : (least, most);
    }

    private ArgumentNode[] Parts(char close, out bool alternatives)
    {
        var parts = new List<ArgumentNode>();
        alternatives = false;
        if (++_depth > DepthMax) throw Bad("nested too deeply");
        while (true)
        {
            parts.Add(Part());
            SkipSpaces();
            if (close == '\0' ? _at == _text.Length : Peek == close) break;
            if (Peek == '|')
            {
                if (!alternatives && parts.Count > 1) throw Bad("an alternative is one argument; name a block of several");
                alternatives = true;
                _at++;
            }
            else if (alternatives) throw Bad("an alternative is one argument; name a block of several");
        }
        _depth--;
        return parts.ToArray();
    }

    private ArgumentNode Part()
    {
        SkipSpaces();
        var open = Peek;
        if (open is not ('[' or '(')) return Item('\0');
        _at++;
        var close = open == '[' ? ']' : ')';
        var node = Item(close);
        SkipSpaces();
        Expect(close);
        Suffixes(node);
        if (open == '[') node.Flags |= ArgumentFlags.Optional;
        else if (node.Children.Length == 0) throw Bad("parentheses hold a named group");
        return node;
    }

    /// <param name="close">The bracket that ends it; a group must have one.</param>
    private ArgumentNode Item(char close)
    {
        SkipSpaces();
        var node = new ArgumentNode();
        var word = Word(out var isToken);
        if (isToken)
        {
            node.Token = word;
            if (Follows("...")) node.Flags = ArgumentFlags.Multiple | ArgumentFlags.MultipleToken;
            if (!LowerCaseWordFollows())
            {
                node.Type = ArgumentType.PureToken;
                node.Name = node.DisplayText = word.ToLowerInvariant();
                if (word.Length == 0 || node.Flags != 0) throw Bad("a repeated or empty token needs a name");
                Suffixes(node);
                return node;
            }
            SkipSpaces();
            word = Word(out _);
        }
        node.Name = word;
        Value(node, close);
        return node;
    }

    private void Value(ArgumentNode node, char close)
    {
        node.DisplayText = node.Name;
        node.Type = node.Name switch { "key" => ArgumentType.Key, "pattern" => ArgumentType.Pattern, _ => ArgumentType.String };
        if (Follows("=")) node.DisplayText = Quoted();
        if (Peek == ':' && Ahead is not (' ' or '\0'))
        {
            _at++;
            ReadType(node);
        }
        Suffixes(node);
        if (Peek == ':') ReadGroup(node, close);
        if (node.Type == ArgumentType.Key && node.KeySpecIndex < 0)
        {
            if (_keySpecs == 0) throw Bad($"'{node.Name}' is a key, but the command has no key specs");
            node.KeySpecIndex = Math.Min(_keysSeen++, _keySpecs - 1);
        }
        if (node.KeySpecIndex >= Math.Max(_keySpecs, 1)) throw Bad($"there is no key spec {node.KeySpecIndex}");
    }

    private void ReadType(ArgumentNode node)
    {
        var type = Word(out var isToken);
        if (isToken)
        {
            if (node.Token is not null) throw Bad("a pure token has no other token");
            node.Token = type;
            node.Type = ArgumentType.PureToken;
            return;
        }
        var index = Array.IndexOf(_typeTexts, type);
        if (index < 0 || index >= (int)ArgumentType.PureToken) throw Bad($"there is no type '{type}'");
        node.Type = (ArgumentType)index;
    }

    private void ReadGroup(ArgumentNode node, char close)
    {
        if (close == '\0') throw Bad("a named group stands in brackets or parentheses");
        _at++;
        node.Children = Parts(close, out var alternatives);
        node.Type = alternatives ? ArgumentType.OneOf : ArgumentType.Block;
        node.DisplayText = null;
    }

    private void Suffixes(ArgumentNode node)
    {
        if (Follows("#")) node.KeySpecIndex = int.TryParse(Word(out _), out var index) ? index : throw Bad("'#' is followed by the number of a key spec");
        if (Follows("@")) node.Since = Version();
        if (Follows("!")) node.DeprecatedSince = Version();
        if (Follows("{"))
        {
            var end = _text.IndexOf('}', _at);
            if (end < 0) throw Bad("'{' is not closed");
            node.Summary = _text.Substring(_at, end - _at);
            _at = end + 1;
        }
        if (Follows("...")) node.Flags |= ArgumentFlags.Multiple;
    }

    private string Version()
    {
        var start = _at;
        while (Peek is >= '0' and <= '9' || (Peek == '.' && Ahead is >= '0' and <= '9')) _at++;
        return _at > start ? _text.Substring(start, _at - start) : throw Bad("a version is missing");
    }

    /// <summary>A name or a token: quoted text and words in upper case are tokens, unless a type, a display text or a group follows.</summary>
    private string Word(out bool isToken)
    {
        if (Peek == '\'')
        {
            isToken = true;
            return Quoted();
        }
        var start = _at;
        var (upper, lower) = (false, false);
        while (Peek is var c && (c is '-' or '_' or (>= '0' and <= '9') or (>= 'A' and <= 'Z') or (>= 'a' and <= 'z')))
        {
            upper |= c is >= 'A' and <= 'Z';
            lower |= c is >= 'a' and <= 'z';
            _at++;
        }
        if (_at == start) throw Bad("a name is missing");
        isToken = upper && !lower && Peek is not (':' or '=');
        return _text.Substring(start, _at - start);
    }

    private string Quoted()
    {
        Expect('\'');
        var end = _text.IndexOf('\'', _at);
        if (end < 0) throw Bad("a quote is not closed");
        var quoted = _text.Substring(_at, end - _at);
        _at = end + 1;
        return quoted;
    }

    /// <summary>Whether what follows a token is the argument that it introduces.</summary>
    private bool LowerCaseWordFollows()
    {
        var i = _at;
        while (i < _text.Length && _text[i] == ' ') i++;
        return i > _at && i < _text.Length && _text[i] is >= 'a' and <= 'z' && !IsNamedToken(i);
    }

    /// <summary>Whether "name:TOKEN" stands there: a pure token never takes another.</summary>
    private bool IsNamedToken(int i)
    {
        while (i < _text.Length && _text[i] is '-' or '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z')) i++;
        return i + 1 < _text.Length && _text[i] == ':' && _text[i + 1] is '\'' or (>= 'A' and <= 'Z');
    }

    private char Peek => _at < _text.Length ? _text[_at] : '\0';

    private char Ahead => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    private bool Follows(string mark)
    {
        if (string.CompareOrdinal(_text, _at, mark, 0, mark.Length) != 0) return false;
        _at += mark.Length;
        return true;
    }

    private void SkipSpaces()
    {
        while (Peek == ' ') _at++;
    }

    private void Expect(char mark)
    {
        if (Peek != mark) throw Bad($"'{mark}' expected");
        _at++;
    }

    private FormatException Bad(string why)
    {
        var rest = _at < _text.Length ? $"before '{_text.Substring(_at, Math.Min(24, _text.Length - _at))}'" : "at the end";
        return new($"arguments, {rest}: {why}");
    }
}
