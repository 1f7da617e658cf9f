using Microsoft.Extensions.Logging;
using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>The directives on the server as a process: its background, log, title and end.</summary>
internal static class ProcessDirectives
{
    private const int HzMin = 1, HzMax = 500;

    private static readonly (string, ShutdownFlags)[] _shutdownWords =
    [
        ("default", ShutdownFlags.None), ("save", ShutdownFlags.Save), ("nosave", ShutdownFlags.NoSave), ("now", ShutdownFlags.Now),
        ("force", ShutdownFlags.Force),
    ];

    public static void Declare(DirectiveRegistry registry, Server server)
    {
        var o = server.Options;
        DeclareLog(registry, o);
        DeclareShutdown(registry, o);
        // More or less than it can be is taken as a wish, and what it can be is done.
        registry.Integer("hz", 10, 0, int.MaxValue, () => o.Hz, v => o.Hz = (int)Math.Clamp(v, HzMin, HzMax));
        DeclareDirectory(registry, server);
        Permission("enable-protected-configs", () => o.ProtectedConfigurations, v => o.ProtectedConfigurations = v);
        Permission("enable-debug-command", () => o.DebugCommand, v => o.DebugCommand = v);
        registry.Flag("daemonize", false, () => o.Daemonize, v => o.Daemonize = v, flags: Immutable);
        registry.OptionalText("pidfile", () => o.PidFile, v => o.PidFile = v, flags: Immutable);
        registry.Enum("supervised", SupervisedMode.None,
            [("upstart", SupervisedMode.Upstart), ("systemd", SupervisedMode.Systemd), ("auto", SupervisedMode.Auto), ("no", SupervisedMode.None)],
            () => o.Supervised, v => o.Supervised = v, Immutable);
        registry.Enum("oom-score-adj", OomScoreMode.No,
            [("no", OomScoreMode.No), ("yes", OomScoreMode.Relative), ("relative", OomScoreMode.Relative), ("absolute", OomScoreMode.Absolute)],
            () => o.OomScore, v => o.OomScore = v, apply: server.Process.AdjustOomScore);
        registry.Integers("oom-score-adj-values", [0, 200, 800], -2000, 2000, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
            () => o.OomScoreValues, v => o.OomScoreValues = WarnOfOrder(v), server.Process.AdjustOomScore);
        registry.Flag("set-proc-title", true, () => o.SetProcessTitle, v => o.SetProcessTitle = v, flags: Immutable);
        registry.Text("proc-title-template", ProcessTitle.DefaultTemplate, () => o.ProcessTitleTemplate, v => o.ProcessTitleTemplate = v,
            validate: v => ProcessTitle.IsTemplate(v, o) ? null : "template format is invalid or contains unknown variables",
            apply: server.Process.ShowTitle);
        registry.Text("locale-collate", "", () => o.LocaleCollate, v => o.LocaleCollate = v,
            apply: () => server.World.Host.SetCollation(o.LocaleCollate) ? null : "Invalid locale name");

        void Permission(string name, Func<ProtectedAction> get, Action<ProtectedAction> set) =>
            registry.Enum(name, ProtectedAction.No, [("no", ProtectedAction.No), ("yes", ProtectedAction.Yes), ("local", ProtectedAction.Local)],
                get, set, Immutable);

        // A process without privileges may only make itself likelier to be killed.
        int[] WarnOfOrder(int[] values)
        {
            if (values[1] < values[0] || values[2] < values[1])
                server.Log.LogWarning("The oom-score-adj-values configuration may not work for non-privileged processes! Please consult the documentation.");
            return values;
        }
    }

    /// <summary>Takes effect where it stands: relative paths in the lines behind it begin there.</summary>
    private static void DeclareDirectory(DirectiveRegistry registry, Server server)
    {
        var o = server.Options;
        registry.Add(new SpecialDirective("dir", Set, () => ByteText.FromText(o.Directory)) { Flags = Protected | DenyLoading });

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (ByteText.ToText(arguments[0]) is not { } path) return "argument must be valid UTF-8";
            var entered = server.World.Host.EnterDirectory(path);
            if (entered.Value is not { } directory) return entered.Status.Error!;
            o.Directory = directory;
            return SetResult.Success();
        }
    }

    private static void DeclareLog(DirectiveRegistry registry, ServerOptions o)
    {
        registry.Enum("loglevel", LogLevelName.Notice,
            [("debug", LogLevelName.Debug), ("verbose", LogLevelName.Verbose), ("notice", LogLevelName.Notice), ("warning", LogLevelName.Warning),
                ("nothing", LogLevelName.Nothing)],
            () => o.LogLevel, v => o.LogLevel = v);
        registry.Text("logfile", "", () => o.LogFile, v => o.LogFile = v, flags: Immutable);
        registry.Flag("syslog-enabled", false, () => o.SyslogEnabled, v => o.SyslogEnabled = v, flags: Immutable);
        registry.Text("syslog-ident", "redis", () => o.SyslogIdentity, v => o.SyslogIdentity = v, flags: Immutable);
        registry.Enum("syslog-facility", SyslogFacility.Local0,
            [("user", SyslogFacility.User), .. Enum.GetValues<SyslogFacility>().Skip(1).Select(f => (f.ToString().ToLowerInvariant(), f))],
            () => o.SyslogFacility, v => o.SyslogFacility = v, Immutable);
        registry.Flag("always-show-logo", false, () => o.AlwaysShowLogo, v => o.AlwaysShowLogo = v, flags: Immutable);
        registry.Flag("crash-log-enabled", true, () => o.CrashLogEnabled, v => o.CrashLogEnabled = v);
        registry.Flag("use-exit-on-panic", false, () => o.ExitsOnPanic, v => o.ExitsOnPanic = v, flags: Hidden);
        registry.Flag("hide-user-data-from-log", false, () => o.HideUserData, v => o.HideUserData = v);
    }

    private static void DeclareShutdown(DirectiveRegistry registry, ServerOptions o)
    {
        const ShutdownFlags Both = ShutdownFlags.Save | ShutdownFlags.NoSave;
        Flags("shutdown-on-sigint", () => o.ShutdownOnInterrupt, v => o.ShutdownOnInterrupt = v);
        Flags("shutdown-on-sigterm", () => o.ShutdownOnTermination, v => o.ShutdownOnTermination = v);

        void Flags(string name, Func<ShutdownFlags> get, Action<ShutdownFlags> set) =>
            registry.Enum(name, ShutdownFlags.None, _shutdownWords, get, set, MultiArgument, Check);

        static string? Check(ShutdownFlags flags) => (flags & Both) == Both ? "shutdown options SAVE and NOSAVE can't be used simultaneously" : null;
    }
}
