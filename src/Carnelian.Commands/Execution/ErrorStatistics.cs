namespace Carnelian;

/// <summary>
/// Error replies, counted in all and by their code: the first word, or "ERR" where that is none. Scripts may answer any code, so there
/// is a bound on how many are told apart: beyond it all are forgotten and counting by code stops until CONFIG RESETSTAT, as in Redis.
/// </summary>
public sealed class ErrorStatistics
{
    /// <summary>How many codes are told apart.</summary>
    public const int CodesMax = 128;

    /// <summary>What INFO shows as the only code once there were too many.</summary>
    public const string Disabled = "ERRORSTATS_DISABLED";

    /// <summary>A code ends within so many bytes, the dash that the reply begins with included.</summary>
    private const int CodeSearchMax = 31;

    private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
    private bool _isDisabled;

    public long Total { get; private set; }

    /// <summary>By code, in the order of its bytes.</summary>
    public IReadOnlyDictionary<string, long> ByCode => _byCode;

    /// <summary>Called with the codes once there are too many of them, to log it.</summary>
    public Action<string>? TooMany { get; set; }

    /// <param name="error">The reply without its leading dash.</param>
    public void Count(string error)
    {
        Total++;
        if (_isDisabled) return;
        var end = error.AsSpan(0, Math.Min(error.Length, CodeSearchMax)).IndexOfAny(' ', '\r', '\n');
        var code = end < 0 ? "ERR" : error[..end];
        if (_byCode.TryGetValue(code, out var count)) _byCode[code] = count + 1;
        else if (_byCode.Count < CodesMax) _byCode.Add(code, 1);
        else Disable();
    }

    private void Disable()
    {
        TooMany?.Invoke(string.Join(", ", _byCode.Keys));
        _byCode.Clear();
        _byCode.Add(Disabled, 1);
        _isDisabled = true;
    }

    public void Reset()
    {
        Total = 0;
        _isDisabled = false;
        _byCode.Clear();
    }
}
