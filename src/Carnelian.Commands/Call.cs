namespace Carnelian;

/// <summary>Placeholder for the owner's call: just what the COMMAND family needs.</summary>
public ref struct Call
{
    public Arguments Args;
    public ReplyWriter Reply;
    public CommandTable Commands;
}

/// <summary>Placeholder: the arguments of a call.</summary>
public readonly ref struct Arguments(ReadOnlySpan<byte[]> arguments)
{
    private readonly ReadOnlySpan<byte[]> _arguments = arguments;

    public int Count => _arguments.Length;

    public ReadOnlySpan<byte> this[int index] => _arguments[index];

    public Arguments Slice(int start) => new(_arguments[start..]);
}
