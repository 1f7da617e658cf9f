using System.Text;

namespace Carnelian;

/// <summary>Spikes of latency as a picture of characters, in Redis' form: rows of columns, each with its age beneath it, from top to bottom.</summary>
internal static class LatencyGraph
{
    private const int Columns = 80, Rows = 4;

    /// <summary>How high a column reaches into its topmost row.</summary>
    private const string Levels = "_o#";

    public static string Draw(LatencySeries series, long nowSeconds)
    {
        var samples = series.Samples;
        var (low, high) = (samples[0].Milliseconds, samples[0].Milliseconds);
        foreach (var sample in samples) (low, high) = (Math.Min(low, sample.Milliseconds), Math.Max(high, sample.Milliseconds));
        var text = new StringBuilder($"{series.Name} - high {high} ms, low {low} ms (all time high {series.MaxMs} ms)\n");
        text.Append('-', Columns).Append('\n');
        for (var first = 0; first < samples.Count; first += Columns)
        {
            if (first > 0) text.Append('\n');
            DrawBlock(text, [.. samples.Skip(first).Take(Columns)], low, high, nowSeconds);
        }
        return text.ToString();
    }

    private static void DrawBlock(StringBuilder text, LatencySample[] samples, long low, long high, long nowSeconds)
    {
        var heights = Array.ConvertAll(samples, sample => HeightOf(sample.Milliseconds - low, high - low));
        for (var row = Rows - 1; row >= 0; row--)
        {
            foreach (var height in heights) text.Append(CharacterAt(height - row * Levels.Length));
            text.Append('\n');
        }
        text.Append(' ', samples.Length).Append('\n');
        var ages = Array.ConvertAll(samples, sample => AgeOf(Math.Max(0, nowSeconds - sample.UnixSeconds)));
        var longest = 0;
        foreach (var age in ages) longest = Math.Max(longest, age.Length);
        for (var i = 0; i < longest; i++)
        {
            foreach (var age in ages) text.Append(i < age.Length ? age[i] : ' ');
            text.Append('\n');
        }
    }

    /// <summary>In levels, from 0 to below those of all rows.</summary>
    private static int HeightOf(long above, long range) => (int)Math.Min(Rows * Levels.Length - 1, above * Rows * Levels.Length / Math.Max(range, 1));

    /// <param name="height">Above the bottom of the row.</param>
    private static char CharacterAt(int height) => height < 0 ? ' ' : height < Levels.Length ? Levels[height] : '|';

    private static string AgeOf(long seconds) => seconds switch
    {
        < 60 => $"{seconds}s",
        < 3600 => $"{seconds / 60}m",
        < 86400 => $"{seconds / 3600}h",
        _ => $"{seconds / 86400}d",
    };
}
