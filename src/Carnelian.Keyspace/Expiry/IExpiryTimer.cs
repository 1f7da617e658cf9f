namespace Carnelian;

/// <summary>Is told of each key that is deleted because its time is over, to see how long that takes.</summary>
public interface IExpiryTimer
{
    /// <summary>When it begins, for <see cref="End"/>.</summary>
    long Begin();

    void End(long began);
}
