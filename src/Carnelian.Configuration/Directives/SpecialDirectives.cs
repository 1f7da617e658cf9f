using System.Globalization;

namespace Carnelian;

/// <summary>The directives of redis.conf whose shape is their own, ready for their owners.</summary>
public static class SpecialDirectives
{
    private static readonly string[] _clientClasses = ["normal", "slave", "pubsub"];

    /// <summary><c>save 3600 1 300 100</c>: pairs on one or several lines; <c>save ""</c> is none.</summary>
    public static Directive SavePoints(
        this DirectiveRegistry registry, string name, SavePoint[] defaultValue, Func<SavePoint[]> get, Action<SavePoint[]> set, DirectiveFlags flags = 0)
    {
        if (registry.AssignsDefaults) set(defaultValue);
        return registry.Add(new SpecialDirective(name, Set, () => string.Join(' ', get().Select(point => $"{point.Seconds} {point.Changes}")), Rewrite)
        {
            Flags = DirectiveFlags.MultiArgument | flags,
        });

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (arguments is [""])
            {
                arguments = [];
                again = false;
            }
            if (arguments.Length % 2 != 0) return "Invalid save parameters";
            var points = new List<SavePoint>(again ? get() : []);
            for (var i = 0; i < arguments.Length; i += 2)
            {
                if (!NumberText.TryReadLenient(arguments[i], 10, out var seconds, out _) || seconds < 1
                    || !NumberText.TryReadLenient(arguments[i + 1], 10, out var changes, out _) || changes < 0)
                    return "Invalid save parameters";
                points.Add(new(seconds, (int)Math.Min(changes, int.MaxValue)));
            }
            set([.. points]);
            return SetResult.Success();
        }

        void Rewrite(ConfigurationRewriter rewriter)
        {
            // Always written: without a line the next start would take the default points.
            foreach (var point in get()) rewriter.Line(name, $"{name} {point.Seconds} {point.Changes}", force: true);
            if (get().Length == 0) rewriter.Line(name, $"{name} \"\"", force: true);
        }
    }

    /// <summary><c>client-output-buffer-limit replica 256mb 64mb 60</c>: classes that are not named keep their limits.</summary>
    /// <param name="defaultValue">Limits of normal clients, replicas and subscribers, in this order, as in <paramref name="get"/>.</param>
    public static Directive OutputBufferLimits(
        this DirectiveRegistry registry, string name, OutputBufferLimit[] defaultValue, Func<OutputBufferLimit[]> get, Action<OutputBufferLimit[]> set)
    {
        Check.That(defaultValue.Length == _clientClasses.Length);
        if (registry.AssignsDefaults) set(defaultValue);
        return registry.Add(new SpecialDirective(name, Set, Get, Rewrite) { Flags = DirectiveFlags.MultiArgument });

        string Get() => string.Join(' ', get().Select((limit, i) => $"{_clientClasses[i]} {limit.HardBytes} {limit.SoftBytes} {limit.SoftSeconds}"));

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (arguments.Length % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
            var limits = (OutputBufferLimit[])get().Clone();
            for (var i = 0; i < arguments.Length; i += 4)
            {
                var word = arguments[i].ToLowerInvariant();
                var index = Array.IndexOf(_clientClasses, word == "replica" ? "slave" : word);
                if (index < 0) return "Invalid client class specified in buffer limit configuration.";
                if (!NumberText.TryReadMemory(arguments[i + 1], out var hard) || !NumberText.TryReadMemory(arguments[i + 2], out var soft)
                    || !NumberText.TryReadLenient(arguments[i + 3], 10, out var seconds, out _) || seconds < 0)
                    return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
                limits[index] = new(hard, soft, (int)Math.Min(seconds, int.MaxValue));
            }
            set(limits);
            return SetResult.Success();
        }

        void Rewrite(ConfigurationRewriter rewriter)
        {
            for (var i = 0; i < defaultValue.Length; i++)
            {
                var limit = get()[i];
                var word = _clientClasses[i] == "slave" ? "replica" : _clientClasses[i];
                var line = $"{name} {word} {NumberText.WriteMemory(limit.HardBytes)} {NumberText.WriteMemory(limit.SoftBytes)} {limit.SoftSeconds}";
                rewriter.Line(name, line, force: limit != defaultValue[i]);
            }
        }
    }

    /// <summary><c>bind * -::*</c>: a list of words that replaces the former; one empty argument is no word at all.</summary>
    /// <param name="validate">Null, or what is wrong with a word.</param>
    public static Directive Words(
        this DirectiveRegistry registry, string name, string[] defaultValue, int countMax, string tooManyError,
        Func<string[]> get, Action<string[]> set, Func<string?>? apply = null, DirectiveFlags flags = 0, Func<string, string?>? validate = null)
    {
        if (registry.AssignsDefaults) set(defaultValue);
        return registry.Add(new SpecialDirective(name, Set, () => string.Join(' ', get()), Rewrite) { Flags = DirectiveFlags.MultiArgument | flags, Apply = apply });

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (arguments.Length > countMax) return tooManyError;
            foreach (var word in arguments)
            {
                if (validate?.Invoke(word) is { } error) return error;
            }
            set(arguments is [""] ? [] : arguments.ToArray());
            return SetResult.Success();
        }

        void Rewrite(ConfigurationRewriter rewriter)
        {
            if (get().SequenceEqual(defaultValue)) rewriter.MarkProcessed(name);
            else rewriter.Line(name, $"{name} {(get().Length == 0 ? "\"\"" : string.Join(' ', get()))}", force: true);
        }
    }

    /// <summary><c>oom-score-adj-values 0 200 800</c>: a fixed count of integers.</summary>
    public static Directive Integers(
        this DirectiveRegistry registry, string name, int[] defaultValue, int min, int max, string rangeError,
        Func<int[]> get, Action<int[]> set, Func<string?>? apply = null)
    {
        if (registry.AssignsDefaults) set(defaultValue);
        return registry.Add(new SpecialDirective(name, Set, () => string.Join(' ', get()), Rewrite) { Flags = DirectiveFlags.MultiArgument, Apply = apply });

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (arguments.Length != defaultValue.Length) return Directive.WrongNumberOfArguments;
            var values = new int[defaultValue.Length];
            for (var i = 0; i < values.Length; i++)
            {
                if (!NumberText.TryReadLenient(arguments[i], 10, out var value, out _) || value < min || value > max) return rangeError;
                values[i] = (int)value;
            }
            var changed = !values.AsSpan().SequenceEqual(get());
            set(values);
            return SetResult.Success(changed);
        }

        void Rewrite(ConfigurationRewriter rewriter) =>
            rewriter.Line(name, $"{name} {string.Join(' ', get())}", force: !get().AsSpan().SequenceEqual(defaultValue));
    }

    /// <summary><c>replicaof HOST PORT</c>, or <c>no one</c>, which is null and has no line in the file.</summary>
    /// <param name="get">Host and port with a space between them, or null.</param>
    public static Directive Address(
        this DirectiveRegistry registry, string name, Func<string?> get, Action<string?> set, string portError, string? alias = null, DirectiveFlags flags = 0)
    {
        if (registry.AssignsDefaults) set(null);
        return registry.Add(new SpecialDirective(name, Set, () => get() ?? "", Rewrite) { Alias = alias, Flags = DirectiveFlags.MultiArgument | flags });

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (arguments.Length != 2) return Directive.WrongNumberOfArguments;
            var isNoOne = arguments[0].Equals("no", StringComparison.OrdinalIgnoreCase) && arguments[1].Equals("one", StringComparison.OrdinalIgnoreCase);
            var port = 0L;
            if (!isNoOne && !(NumberText.TryReadLenient(arguments[1], 10, out port, out _) && port is >= 0 and <= 65535)) return portError;
            set(isNoOne ? null : $"{arguments[0]} {port}");
            return SetResult.Success();
        }

        void Rewrite(ConfigurationRewriter rewriter)
        {
            if (get() is { } address) rewriter.Line(name, $"{name} {address}", force: true);
            else rewriter.MarkProcessed(name);
        }
    }

    /// <summary><c>latency-tracking-info-percentiles 50 99 99.9</c>: numbers from 0 to 100; one empty argument is none.</summary>
    public static Directive Percentiles(this DirectiveRegistry registry, string name, double[] defaultValue, Func<double[]> get, Action<double[]> set)
    {
        if (registry.AssignsDefaults) set(defaultValue);
        return registry.Add(new SpecialDirective(name, Set, Get, Rewrite) { Flags = DirectiveFlags.MultiArgument });

        string Get() => string.Join(' ', get().Select(percentile => percentile.ToString("0.######", CultureInfo.InvariantCulture)));

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (arguments is [""]) arguments = [];
            var percentiles = new double[arguments.Length];
            for (var i = 0; i < percentiles.Length; i++)
            {
                const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
                if (!double.TryParse(arguments[i], Style, CultureInfo.InvariantCulture, out percentiles[i]) || !double.IsFinite(percentiles[i]))
                    return $"Invalid {name} parameters";
                if (percentiles[i] is < 0 or > 100) return $"{name} parameters should sit between [0.0,100.0]";
            }
            set(percentiles);
            return SetResult.Success();
        }

        void Rewrite(ConfigurationRewriter rewriter) =>
            rewriter.Line(name, $"{name} {(get().Length == 0 ? "\"\"" : Get())}", force: true);
    }
}
