using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>
/// Writes Prometheus' text format, version 0.0.4: of each family the lines <c># HELP</c> and <c># TYPE</c>, then its values, one a line,
/// <c>name{label="value"} 1</c>. Label values are <see cref="ByteText"/>: bytes of 0x80 and more become characters of the same number, so that
/// different ones stay different and none spoils the text. The text is in parts that the collector takes for short-lived objects: one array of a hundred
/// kilobytes would bring on a collection of all generations every few scrapes, for which the command thread stops.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const int PartBytes = 32 << 10, NumberBytesMax = 32;

    private readonly List<ReadOnlyMemory<byte>> _full = [];
    private byte[] _part = new byte[PartBytes];
    private int _used;
    private MetricFamily? _family;

    /// <summary>All that was written.</summary>
    public ReadOnlyMemory<byte>[] Parts => [.. _full, _part.AsMemory(0, _used)];

    /// <summary>What is written from here on are values of this family.</summary>
    public void Begin(MetricFamily family)
    {
        _family = family;
        Write("# HELP ");
        Write(family.Name);
        Write(" ");
        Write(family.Help.Replace("\\", "\\\\").Replace("\n", "\\n"));
        Write("\n# TYPE ");
        Write(family.Name);
        Write(" ");
        Write(family.KindName);
        Write("\n");
    }

    /// <summary>The whole of a family that has one value and no labels.</summary>
    public void Only(MetricFamily family, double value)
    {
        Begin(family);
        Value(value);
    }

    public void Value(double value, params ReadOnlySpan<(string Name, string Value)> labels) => ValueOf("", value, labels);

    /// <param name="suffix">Of the family's name: "_sum", "_count", "_bucket".</param>
    public void ValueOf(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Write(_family!.Name);
        Write(suffix);
        for (var i = 0; i < labels.Length; i++)
        {
            Write(i == 0 ? "{" : ",");
            Write(labels[i].Name);
            Write("=\"");
            Write(Escaped(labels[i].Value));
            Write("\"");
        }
        Write(labels.Length > 0 ? "} " : " ");
        Write(value);
        Write("\n");
    }

    public static string Escaped(string label) =>
        label.AsSpan().ContainsAny('\\', '"', '\n') ? label.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") : label;

    private void Write(double value)
    {
        // Counts are whole numbers, which are longer with an exponent than without.
        var isWhole = value == Math.Truncate(value) && Math.Abs(value) < 1L << 53;
        var destination = Reserve(NumberBytesMax);
        Check.That(isWhole
            ? ((long)value).TryFormat(destination, out var written, default, CultureInfo.InvariantCulture)
            : value.TryFormat(destination, out written, default, CultureInfo.InvariantCulture));
        _used += written;
    }

    private void Write(string text)
    {
        var destination = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _used += Encoding.UTF8.GetBytes(text, destination);
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_part.Length - _used < bytes)
        {
            _full.Add(_part.AsMemory(0, _used));
            (_part, _used) = (new byte[Math.Max(PartBytes, bytes)], 0);
        }
        return _part.AsSpan(_used);
    }
}
