namespace Carnelian;

/// <summary>What directives may hold that name a node of a cluster.</summary>
internal static class HostNames
{
    private const int BytesMax = 255;

    // They separate fields in the file of a cluster's nodes.
    private const string NotInNodeNames = "!#$%&()*+:;<>?@[]^{|}~";

    public static string? Validate(string name)
    {
        if (ByteText.FromText(name).Length > BytesMax) return $"Hostnames must be less than {BytesMax + 1} characters";
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? null : "Hostnames may only contain alphanumeric characters, hyphens or dots";
    }

    public static string? ValidateNodeName(string name) =>
        name.AsSpan().ContainsAny(NotInNodeNames) ? "Announced human node name contained invalid character" : null;
}
