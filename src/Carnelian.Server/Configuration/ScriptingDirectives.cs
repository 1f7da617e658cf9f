using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>The directives on scripts and functions.</summary>
internal static class ScriptingDirectives
{
    private const ulong Mebi = 1 << 20;

    public static void Declare(DirectiveRegistry registry, Server server)
    {
        var o = server.Options.Scripting;
        registry.Integer("busy-reply-threshold", 5000, 0, long.MaxValue, () => o.BusyReplyThresholdMs, v => o.BusyReplyThresholdMs = v, alias: "lua-time-limit");
        registry.Flag("lua-enable-deprecated-api", false, () => o.HasDeprecatedApi, v =>
        {
            o.HasDeprecatedApi = v;
            server.Scripting.Renew();
        }, flags: Immutable | Hidden);
        registry.Flag("lua-enable-insecure-api", false, () => o.HasInsecureApi, v =>
        {
            var isNew = o.HasInsecureApi != v;
            o.HasInsecureApi = v;
            if (isNew) server.Scripting.Renew();
        }, flags: Hidden);
        // Ours: hidden from CONFIG GET *, because tools set back all that they get there.
        registry.Memory("lua-memory-limit", LuaMachine.DefaultMemoryLimitBytes, Mebi, long.MaxValue, () => (ulong)o.MemoryLimitBytes, v =>
        {
            o.MemoryLimitBytes = (long)v;
            server.Scripting.LimitMemory();
        }, flags: Hidden);
        registry.Integer("script-readonly-time-limit", 0, 0, long.MaxValue, () => o.ReadOnlyTimeLimitMs, v => o.ReadOnlyTimeLimitMs = v, flags: Hidden);
    }
}
