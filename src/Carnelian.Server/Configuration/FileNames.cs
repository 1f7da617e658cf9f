namespace Carnelian;

/// <summary>What directives may hold that name a file within a directory.</summary>
internal static class FileNames
{
    public static bool IsPlain(string name) => !name.AsSpan().ContainsAny('/', '\\');

    /// <param name="kind">"filename" or "dirname", for the message.</param>
    public static string? Validate(string directive, string kind, string name)
    {
        if (name.Length == 0) return $"{directive} can't be empty";
        return IsPlain(name) ? null : $"{directive} can't be a path, just a {kind}";
    }
}
