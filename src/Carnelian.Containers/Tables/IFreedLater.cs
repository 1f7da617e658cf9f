namespace Carnelian;

/// <summary>How something large is freed bit by bit.</summary>
internal unsafe interface IFreedLater
{
    /// <summary>Frees a part; true when nothing is left. Between calls only.</summary>
    bool FreeSome(byte* root, TableHost host);
}
