using System.Numerics;

namespace Carnelian;

/// <summary>
/// Up to <see cref="RequestsMax"/> requests of one pipeline, parsed in place. Looking up their commands and keys before the first
/// runs lets the processor fetch all buckets, and then all entries, at once instead of one after the other; then likewise what they need of large collections. Or the one request that came in pieces; or
/// what ends a stream that cannot be understood any more.
/// </summary>
public sealed class RequestBatch
{
    public const int RequestsMax = 32;

    private readonly Request[] _requests = new Request[RequestsMax];

    /// <summary>There are as many as batches under way: each may keep room for requests with hundreds of arguments, which else would be made anew each time.</summary>
    private readonly ArgumentList _parsed = new(keptCapacity: RequestsMax * 1024);
    private ArgumentList _arguments;
    private OwnedBlock? _source;
    private bool _findsLarge;

    private struct Request
    {
        public Command? Command;
        public ulong Hash;
        public int Slot;
        public int HashedArgument;
        public int Start;
        public int FirstArgument;
        public int ArgumentCount;

        /// <summary>While the batch is prepared: where an element is to be fetched from, and its hash.</summary>
        public FieldTable Fields;
        public ulong ElementHash;
    }

    public RequestBatch() => _arguments = _parsed;

    public int Count { get; private set; }

    /// <summary>Offset behind the last complete request, in the block that the requests lie in.</summary>
    public int End { get; private set; }

    /// <summary>What is wrong with the stream, without "ERR Protocol error: "; the batch holds no request then.</summary>
    public string? Error { get; private set; }

    /// <summary>The block that the requests lie in.</summary>
    public ReadOnlySpan<byte> Input => _source!.Span;

    /// <summary>Offset in the connection's stream of the first byte of the block; set by whoever reads it.</summary>
    public long StreamOffset { get; set; }

    /// <summary>Offset at which a request begins; behind the last one, <see cref="End"/>.</summary>
    public int StartOf(int request) => request < Count ? _requests[request].Start : End;

    /// <summary>A request as it came. Not of one that has long arguments in blocks of their own.</summary>
    public ReadOnlySpan<byte> RawOf(int request) => Input[StartOf(request)..StartOf(request + 1)];

    /// <summary>The arguments of a request.</summary>
    public Arguments this[int request] => ArgumentsOf(in _requests[request], Input);

    private void Begin(OwnedBlock source, int start, ArgumentList arguments)
    {
        _source = source;
        _arguments = arguments;
        Count = 0;
        End = start;
        Error = null;
    }

    /// <summary>
    /// Parses requests until there are enough (<see cref="ParseStatus.Complete"/>: there may be more), the input ends (with the state of an incomplete request,
    /// whose arguments so far are <see cref="PartialArguments"/>) or one breaks the protocol.
    /// </summary>
    /// <param name="source">The block with the input, which begins at <paramref name="start"/> and ends before <paramref name="end"/>.</param>
    /// <param name="requestsMax">1 while nobody has authenticated: AUTH changes what the next request may be.</param>
    public ParseStatus Parse(OwnedBlock source, int start, int end, int requestsMax, RequestLimits limits, bool authenticated, out RequestState state)
    {
        Begin(source, start, _parsed);
        _parsed.Clear();
        var input = source.Span[..end];
        while (true)
        {
            state = RequestState.Begin;
            if (Count == requestsMax) return ParseStatus.Complete;
            var first = _parsed.Count;
            var status = RequestParser.Parse(input[End..], ref state, _parsed, limits, authenticated);
            if (status == ParseStatus.Complete) Add(first);
            else if (status != ParseStatus.Nothing) return status == ParseStatus.Later ? ParseStatus.Complete : status;
            End += state.Position;
        }
    }

    /// <summary>Makes this the batch of the one request that has come in pieces.</summary>
    /// <param name="arguments">All of its arguments; they stay the caller's.</param>
    public void BeginSingle(OwnedBlock source, int start, int end, ArgumentList arguments)
    {
        Begin(source, start, arguments);
        Add(0);
        End = end;
    }

    /// <summary>Makes this the end of a stream: nothing behind <paramref name="start"/> can be understood.</summary>
    public void BeginError(OwnedBlock source, int start, int end, string error)
    {
        Begin(source, end, _parsed);
        _requests[0].Start = start;
        Error = error;
    }

    /// <summary>What the error is about.</summary>
    public ReadOnlySpan<byte> Faulty => Input[_requests[0].Start..End];

    /// <summary>Makes this a batch of requests that somebody else parses, from a file. <see cref="AddParsed"/> adds each.</summary>
    /// <param name="arguments">Gets their arguments; it stays the caller's.</param>
    public void BeginParsed(OwnedBlock source, int start, ArgumentList arguments) => Begin(source, start, arguments);

    /// <summary>Adds the request that lies between two places of the block, with the arguments from <paramref name="first"/> on.</summary>
    public void AddParsed(int start, int end, int first)
    {
        End = start;
        Add(first);
        End = end;
    }

    private void Add(int first)
    {
        ref var request = ref _requests[Count++];
        request.Start = End;
        request.FirstArgument = first;
        request.ArgumentCount = _arguments.Count - first;
        request.Command = null;
        request.HashedArgument = 0;
    }

    /// <summary>The arguments that an incomplete request has so far.</summary>
    public ReadOnlySpan<Argument> PartialArguments
    {
        get
        {
            var used = Count == 0 ? 0 : _requests[Count - 1].FirstArgument + _requests[Count - 1].ArgumentCount;
            return _parsed.Slice(used, _parsed.Count - used);
        }
    }

    /// <summary>Finds the commands, and fetches ahead what their first keys need.</summary>
    public void Prepare(ReadOnlySpan<byte> input, CommandTable commands, Database database)
    {
        var data = database.Data;
        var hasRoots = data.HasRootsToPrefetch;
        for (var i = 0; i < Count; i++)
        {
            ref var request = ref _requests[i];
            var arguments = ArgumentsOf(in request, input);
            var command = request.Command = commands.Find(arguments);
            if (command is null) continue;
            var firstKey = command.LegacyRange.First;
            if (firstKey <= 0 || firstKey >= request.ArgumentCount) continue;
            request.HashedArgument = firstKey;
            var key = database.Keyspace.KeyOf(arguments[firstKey]);
            (request.Hash, request.Slot) = (key.Hash, key.Slot);
            if (Count == 1) return;
            if (hasRoots) data.PrefetchRoot(key.Slot);
            else data.PrefetchBucket(key.Slot, key.Hash);
        }
        if (Count == 1) return;
        for (var i = 0; hasRoots && i < Count; i++)
        {
            if (_requests[i].HashedArgument > 0) data.PrefetchBucket(_requests[i].Slot, _requests[i].Hash);
        }
        for (var i = 0; i < Count; i++)
        {
            if (_requests[i].HashedArgument > 0) data.PrefetchEntry(_requests[i].Slot, _requests[i].Hash);
        }
        FetchElements(input, data);
    }

    /// <summary>
    /// Fetches ahead the first element that each command names of a table of fields, where these are many. Where the batch before found no such table only the
    /// first command is tried, because looking keys up twice costs those who have small collections a tenth of their time.
    /// </summary>
    private void FetchElements(ReadOnlySpan<byte> input, Dataset data)
    {
        uint found = 0;
        for (var i = 0; i < Count; i++)
        {
            ref var request = ref _requests[i];
            if (request.Command is not { } command || !command.Has(CommandFlags.ElementBehindKey | CommandFlags.ElementBehindScore)) continue;
            var element = request.HashedArgument + (command.Has(CommandFlags.ElementBehindKey) ? 1 : 2);
            if (element >= request.ArgumentCount) continue;
            var arguments = ArgumentsOf(in request, input);
            if (!data.TryFindLargeTable(new(arguments[request.HashedArgument], request.Hash, request.Slot), out request.Fields))
            {
                if (_findsLarge) continue;
                break;
            }
            request.ElementHash = request.Fields.Hash(arguments[element]);
            request.Fields.PrefetchBucket(request.ElementHash);
            found |= 1u << i;
        }
        _findsLarge = found != 0;
        for (; found != 0; found &= found - 1)
        {
            ref var request = ref _requests[BitOperations.TrailingZeroCount(found)];
            request.Fields.PrefetchEntry(request.ElementHash);
        }
    }

    /// <summary>Makes a call the call of one of the requests.</summary>
    public void Begin(int i, ReadOnlySpan<byte> input, ref Call call)
    {
        ref var request = ref _requests[i];
        call.Begin(ArgumentsOf(in request, input), request.Command, request.HashedArgument, request.Hash, request.Slot);
    }

    private Arguments ArgumentsOf(in Request request, ReadOnlySpan<byte> input) =>
        new(input[request.Start..], _arguments.Slice(request.FirstArgument, request.ArgumentCount), _arguments);
}
