namespace Carnelian;

/// <summary>How something large is freed bit by bit.</summary>
internal unsafe interface IFreedLater
{
    /// <summary>Frees a part; true when nothing is left. Between calls only.</summary>
    bool FreeSome(byte* root, TableHost host);

    /// <summary>Memory that freeing gives back, as far as a look at a bounded number of parts tells.</summary>
    long MeasureSome(byte* root, TableHost host);
}
