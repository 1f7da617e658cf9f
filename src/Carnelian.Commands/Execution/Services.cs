namespace Carnelian;

/// <summary>
/// What commands of the floors above work on, by its type: each floor finds its own, and this one knows none of them. For administrative commands; what
/// every call needs the executor has.
/// </summary>
public sealed class Services
{
    private readonly Dictionary<Type, object> _all = [];

    public void Add<T>(T service) where T : class => _all.Add(typeof(T), service);

    public T Get<T>() where T : class => (T)_all[typeof(T)];
}
