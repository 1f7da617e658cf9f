namespace Carnelian;

/// <summary>What a client has asked for and a worker does. The client is answered when it is over.</summary>
public sealed class BackupOperation
{
    public bool IsOver { get; private set; }

    /// <summary>Once it is over: why it failed, or null.</summary>
    public string? Error { get; private set; }

    internal static BackupOperation Over(string? error = null)
    {
        var operation = new BackupOperation();
        operation.End(error);
        return operation;
    }

    internal void End(string? error)
    {
        if (IsOver) return;
        (IsOver, Error) = (true, error);
    }
}
