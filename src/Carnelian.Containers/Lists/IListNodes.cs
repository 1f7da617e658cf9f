namespace Carnelian;

/// <summary>The nodes of a list as files have them: those of a list that is in use, or of one that a snapshot holds.</summary>
public interface IListNodes
{
    int NodeCount { get; }

    /// <summary>The node has one element that is too large to have company.</summary>
    bool IsPlain(int i);

    /// <summary>LZF of a compressed node's listpack or, where it is plain, of its text. Nothing of another node.</summary>
    /// <param name="length">Of what was compressed.</param>
    ReadOnlySpan<byte> Compressed(int i, out int length);

    /// <summary>The listpack of a node that is not compressed.</summary>
    ReadOnlySpan<byte> Uncompressed(int i);
}
