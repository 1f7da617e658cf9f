using System.Buffers.Text;

namespace Carnelian;

/// <summary>
/// When consumers of a stream got something last, which the form that Redis 7.0 reads (<see cref="RdbType.Stream2"/>) does not tell. It stands in front of such a stream in an AUX field, which every reader passes
/// over who does not know it; without one it is when they last asked.
/// <code>times in Unix milliseconds, of each group and in it of each consumer, with a space between them</code>
/// </summary>
internal static class ConsumerActivity
{
    public static ReadOnlySpan<byte> AuxName => "consumers-active"u8;

    /// <summary>False if there is nothing to tell: each consumer got something when it last asked.</summary>
    public static bool TryTell<T>(in T stream, out ReadOnlySpan<byte> text) where T : struct, IStreamParts
    {
        text = default;
        var (count, isToldAnyhow) = (0, true);
        for (var i = 0; i < stream.GroupCount; i++)
        {
            var group = stream.GroupAt(i);
            count += group.ConsumerCount;
            for (var j = 0; j < group.ConsumerCount; j++) isToldAnyhow &= group.ConsumerAt(j).ActiveMs == group.ConsumerAt(j).SeenMs;
        }
        if (isToldAnyhow) return false;
        var told = new byte[count * (IntegerText.LengthMax + 1)];
        var used = 0;
        for (var i = 0; i < stream.GroupCount; i++)
        {
            var group = stream.GroupAt(i);
            for (var j = 0; j < group.ConsumerCount; j++)
            {
                used += IntegerText.Format(group.ConsumerAt(j).ActiveMs, told.AsSpan(used));
                told[used++] = (byte)' ';
            }
        }
        text = told.AsSpan(0, used - 1);
        return true;
    }

    /// <summary>Gives a stream that was just read what was told of it. What does not fit it is no harm: it is passed over.</summary>
    public static void Apply(scoped ref StreamEdit stream, ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < stream.View.GroupCount; i++)
        {
            var group = stream.EditGroup(stream.View.GroupAt(i).Name);
            for (var j = 0; j < group.View.ConsumerCount; j++)
            {
                if (!Utf8Parser.TryParse(text, out long activeMs, out var used)) return;
                group.SetActive(group.View.ConsumerAt(j), activeMs);
                text = text[Math.Min(text.Length, used + 1)..];
            }
        }
    }
}
