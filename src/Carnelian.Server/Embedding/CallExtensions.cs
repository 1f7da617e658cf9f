namespace Carnelian;

internal static class CallExtensions
{
    /// <summary>The server in which a call runs.</summary>
    public static Server Server(this in Call call) => call.Executor.Services.Get<Server>();
}
