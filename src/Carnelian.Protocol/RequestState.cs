namespace Carnelian;

public enum ParseStatus
{
    /// <summary>A request is complete.</summary>
    Complete,

    /// <summary>Bytes were consumed that hold no request (an empty line, *0).</summary>
    Nothing,

    /// <summary>More bytes are needed; the state tells where to go on.</summary>
    Incomplete,

    /// <summary>
    /// An inline request with quotes behind other requests. Quotes are taken off in place, so that it can be parsed only once: when those before it
    /// have been run.
    /// </summary>
    Later,

    /// <summary>The stream can't be understood any more; <see cref="RequestState.Error"/> says why.</summary>
    Error,
}

/// <summary>How far the parsing of one request has come. All positions count from the request's first byte.</summary>
public struct RequestState
{
    /// <summary>Arguments of a multibulk request still to come; 0 before its count was read.</summary>
    internal int Remaining;

    /// <summary>Length of the bulk that was announced, or -1.</summary>
    internal int Bulk;

    /// <summary>Where parsing goes on; after completion, the request's length.</summary>
    public int Position { get; internal set; }

    /// <summary>Redis' text, without "ERR Protocol error: ".</summary>
    public string? Error { get; internal set; }

    /// <summary>The least length of the request, as far as it was read: what a buffer should have room for.</summary>
    public readonly long BytesWanted => Bulk >= 0 ? (long)Position + Bulk + 2 : Position;

    /// <summary>The announced argument is the last of the request.</summary>
    public readonly bool IsLastArgument => Remaining == 1;

    /// <summary>Length of the announced argument, whose first byte is at <see cref="Position"/>; -1: none was announced.</summary>
    public readonly int Announced => Bulk;

    /// <summary>The argument that was announced has been taken out of the request, with the line end behind it; <see cref="IsLastArgument"/> ends it.</summary>
    public void SkipAnnounced()
    {
        Check.That(Bulk >= 0 && Remaining > 0);
        Bulk = -1;
        Remaining--;
    }

    public static RequestState Begin => new() { Bulk = -1 };
}
