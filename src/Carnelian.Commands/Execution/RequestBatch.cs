namespace Carnelian;

/// <summary>
/// Up to <see cref="RequestsMax"/> requests of one pipeline, parsed in place. Looking up their commands and keys before the first
/// runs lets the processor fetch all buckets, and then all entries, at once instead of one after the other.
/// </summary>
public sealed class RequestBatch
{
    public const int RequestsMax = 32;

    private readonly Request[] _requests = new Request[RequestsMax];
    private readonly ArgumentList _arguments = new();

    private struct Request
    {
        public Command? Command;
        public ulong Hash;
        public int HashedArgument;
        public int Start;
        public int FirstArgument;
        public int ArgumentCount;
    }

    public int Count { get; private set; }

    /// <summary>Offset behind the last complete request.</summary>
    public int End { get; private set; }

    /// <summary>Offset at which a request begins; behind the last one, <see cref="End"/>.</summary>
    public int StartOf(int request) => request < Count ? _requests[request].Start : End;

    /// <summary>
    /// Parses requests until there are enough (<see cref="ParseStatus.Complete"/>: there may be more), the input ends (with the state of an incomplete request,
    /// whose arguments so far are <see cref="PartialArguments"/>) or one breaks the protocol.
    /// </summary>
    /// <param name="requestsMax">1 while nobody has authenticated: AUTH changes what the next request may be.</param>
    public ParseStatus Parse(Span<byte> input, int start, int requestsMax, RequestLimits limits, bool authenticated, out RequestState state)
    {
        _arguments.Clear();
        Count = 0;
        End = start;
        while (true)
        {
            state = RequestState.Begin;
            if (Count == requestsMax) return ParseStatus.Complete;
            var first = _arguments.Count;
            var status = RequestParser.Parse(input[End..], ref state, _arguments, limits, authenticated);
            if (status == ParseStatus.Complete) Add(first);
            else if (status != ParseStatus.Nothing) return status == ParseStatus.Later ? ParseStatus.Complete : status;
            End += state.Position;
        }

        void Add(int first)
        {
            ref var request = ref _requests[Count++];
            request.Start = End;
            request.FirstArgument = first;
            request.ArgumentCount = _arguments.Count - first;
            request.Command = null;
            request.HashedArgument = 0;
        }
    }

    /// <summary>The arguments that an incomplete request has so far.</summary>
    public ReadOnlySpan<Argument> PartialArguments
    {
        get
        {
            var used = Count == 0 ? 0 : _requests[Count - 1].FirstArgument + _requests[Count - 1].ArgumentCount;
            return _arguments.Slice(used, _arguments.Count - used);
        }
    }

    /// <summary>Finds the commands, and fetches ahead what their first keys need.</summary>
    public void Prepare(ReadOnlySpan<byte> input, CommandTable commands, Database database)
    {
        var keys = database.Keys;
        for (var i = 0; i < Count; i++)
        {
            ref var request = ref _requests[i];
            var arguments = ArgumentsOf(in request, input);
            var command = request.Command = commands.Find(arguments);
            if (command is null) continue;
            var firstKey = command.LegacyRange.First;
            if (firstKey <= 0 || firstKey >= request.ArgumentCount) continue;
            request.HashedArgument = firstKey;
            request.Hash = keys.Hash(arguments[firstKey]);
            if (Count > 1) keys.PrefetchBucket(request.Hash);
        }
        if (Count == 1) return;
        for (var i = 0; i < Count; i++)
        {
            if (_requests[i].HashedArgument > 0) keys.PrefetchEntry(_requests[i].Hash);
        }
    }

    /// <summary>Makes a call the call of one of the requests.</summary>
    public void Begin(int i, ReadOnlySpan<byte> input, ref Call call)
    {
        ref var request = ref _requests[i];
        call.Begin(ArgumentsOf(in request, input), request.Command, request.HashedArgument, request.Hash);
    }

    private Arguments ArgumentsOf(in Request request, ReadOnlySpan<byte> input) =>
        new(input[request.Start..], _arguments.Slice(request.FirstArgument, request.ArgumentCount));
}
