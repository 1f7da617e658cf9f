namespace Carnelian;

/// <summary>Why a configuration was refused.</summary>
/// <param name="Message">As <see cref="ByteText.ToShown"/> makes it of what the user gave.</param>
/// <param name="LineNumber">Counted from 1 within its file (start-up options follow the main file's last line); 0: no line is to blame.</param>
/// <param name="IsUnreadableFile">A file could not be opened: the message goes to the log as it is, without the report's frame.</param>
public sealed record ConfigurationError(string Message, int LineNumber = 0, string Line = "", bool IsUnreadableFile = false)
{
    /// <summary>What the server prints before it gives up, in Redis' form; <see cref="ByteText.BytesOfShown"/> are its bytes.</summary>
    /// <param name="product">Name and version: "Redis 8.0.6".</param>
    public string Report(string product)
    {
        var place = LineNumber == 0 ? "" : $"Reading the configuration file, at line {LineNumber}\n>>> '{ByteText.ToShown(Line.Split('\0')[0])}'\n";
        return $"\n*** FATAL CONFIG FILE ERROR ({product}) ***\n{place}{Message}\n";
    }
}
