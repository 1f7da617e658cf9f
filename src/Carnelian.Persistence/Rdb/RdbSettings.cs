namespace Carnelian;

/// <summary>When what is packed in files and payloads is counted as looked at in full (sanitize-dump-payload). It always is looked at in full.</summary>
public enum PayloadSanitizing
{
    Never,
    Always,

    /// <summary>What clients restore, not what is loaded.</summary>
    OfClients,
}

/// <summary>How files and payloads are read and written, as the directives say.</summary>
public sealed class RdbSettings
{
    public RdbFormat Format { get; set; }

    public UnknownModules UnknownModules { get; set; }

    public PayloadSanitizing Sanitizing { get; set; }
}
