using System.Text;

namespace Carnelian;

/// <summary>
/// What COMMAND DOCS and the tips of COMMAND INFO show, read from compact text only when someone asks. The generator writes the text: a
/// line per field, <c>name: value</c>, a line per entry of the history (<c>history: 2.6.12: Added the ...</c>). A field that is not there is empty.
/// </summary>
internal readonly ref struct CommandDocumentation(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;

    public ReadOnlySpan<byte> Summary => Field("summary"u8);

    public ReadOnlySpan<byte> Since => Field("since"u8);

    public ReadOnlySpan<byte> Group => Field("group"u8);

    public ReadOnlySpan<byte> Complexity => Field("complexity"u8);

    public ReadOnlySpan<byte> Module => Field("module"u8);

    public ReadOnlySpan<byte> DeprecatedSince => Field("deprecated_since"u8);

    public ReadOnlySpan<byte> ReplacedBy => Field("replaced_by"u8);

    public bool IsSystemCommand => !Field("syscmd"u8).IsEmpty;

    /// <summary>Divided by spaces.</summary>
    public ReadOnlySpan<byte> Tips => Field("tips"u8);

    /// <summary>All entries, as <c>foreach</c> gives them: "2.6.12: Added the ...".</summary>
    public Fields History => new(_text, "history"u8);

    /// <summary>The argument tree, parsed anew at every call.</summary>
    public ArgumentNode[] ParseArguments(int keySpecs) => ArgumentSyntax.Parse(Encoding.UTF8.GetString(Field("arguments"u8)), keySpecs);

    private ReadOnlySpan<byte> Field(ReadOnlySpan<byte> name)
    {
        var fields = new Fields(_text, name);
        return fields.MoveNext() ? fields.Current : default;
    }

    public ref struct Fields(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        private readonly ReadOnlySpan<byte> _name = name;
        private ReadOnlySpan<byte> _rest = text;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly Fields GetEnumerator() => this;

        public bool MoveNext()
        {
            while (!_rest.IsEmpty)
            {
                var end = _rest.IndexOf((byte)'\n');
                var line = end < 0 ? _rest : _rest[..end];
                _rest = end < 0 ? default : _rest[(end + 1)..];
                if (!line.StartsWith(_name) || line[_name.Length] != ':') continue;
                Current = line[(_name.Length + 2)..];
                return true;
            }
            return false;
        }

        public readonly int Count()
        {
            var count = 0;
            foreach (var _ in this) count++;
            return count;
        }
    }
}
