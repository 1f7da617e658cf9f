using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Tells the kernel how readily to kill this server when memory runs out, as oom-score-adj says. What was there before comes
/// back when the directive is turned off again.
/// </summary>
internal sealed class OomScore(Server server)
{
    private const int Min = -1000, Max = 1000;

    private int? _before;

    /// <summary>Null, or the error of CONFIG SET; the reason is in the log.</summary>
    public string? Apply()
    {
        var options = server.Options;
        if (options.OomScore == OomScoreMode.No && _before is null) return null;
        if (_before is null)
        {
            var read = server.World.Host.ReadOomScore();
            if (!read.Ok) return Fail("read", read.Status);
            _before = read.Value;
        }
        var score = options.OomScore switch
        {
            OomScoreMode.No => _before.Value,
            OomScoreMode.Relative => _before.Value + options.OomScoreValues[0],
            _ => options.OomScoreValues[0],
        };
        if (options.OomScore == OomScoreMode.No) _before = null;
        var written = server.World.Host.WriteOomScore(Math.Clamp(score, Min, Max));
        return written.Ok ? null : Fail("write", written);
    }

    private string Fail(string what, DiskStatus status)
    {
        server.Log.LogWarning("Unable to {What} oom_score_adj: {Error}", what, status.Error);
        return "Failed to set current oom_score_adj. Check server logs.";
    }
}
