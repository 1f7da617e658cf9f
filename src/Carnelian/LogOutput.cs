using System.Text;

namespace Carnelian;

/// <summary>Where the log goes: standard output until the configuration is read, then perhaps a file, opened for each line so that it may be rotated away.</summary>
internal sealed class LogOutput : TextWriter
{
    private readonly Stream _standard = Console.OpenStandardOutput();
    private string? _file;

    public override Encoding Encoding => Encoding.UTF8;

    public void Open(string file) => _file = file.Length == 0 ? null : Path.GetFullPath(file);

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        var bytes = Encoding.UTF8.GetBytes(value ?? "");
        if (_file is null)
        {
            _standard.Write(bytes);
            return;
        }
        using var stream = new FileStream(_file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        stream.Write(bytes);
    }

    public override void Write(StringBuilder? value) => Write(value?.ToString());
}
