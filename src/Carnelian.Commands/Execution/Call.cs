namespace Carnelian;

/// <summary>
/// One request while it runs: its arguments, its session, the way to the keys and to the reply. Handlers take it by
/// reference. Parse all arguments first; once <see cref="Failed"/>, return: the error is written.
/// </summary>
public ref struct Call
{
    private readonly Keyspace _keyspace;
    private ulong _keyHash;
    private int _keySlot;
    private int _hashedArgument;
    private int _aheadFirst, _aheadEnd, _aheadOf;
    private ulong _redacted;
    private Arguments _asSent;
    private bool _isRewritten;

    public Call(Executor executor, Session session, ReplySink sink)
    {
        Executor = executor;
        Session = session;
        _keyspace = executor.Keyspace;
        Reply = new(sink, session.Version);
        Command = executor.Nothing;
        Client = session;
        MayBlock = true;
    }

    /// <summary>A call within another one, in the name of the same client. What the outer one has written stands before its reply.</summary>
    /// <param name="session">Whose database, version and rights count: the outer call's, or one of a script's own.</param>
    public Call(ref Call outer, Session session, ReplySink sink) : this(outer.Executor, session, sink)
    {
        Client = outer.Client;
        MayBlock = false;
        outer.Reply.Flush();
        outer.PropagateInnerCalls();
    }

    /// <summary>
    /// A call of a script, in the name of the client who asked for it, with a reply of its own. What runs the script has flushed its reply and said
    /// <see cref="PropagateInnerCalls"/>.
    /// </summary>
    public Call(Executor executor, Session session, Session client, ReplySink sink) : this(executor, session, sink)
    {
        Client = client;
        MayBlock = false;
    }

    public Executor Executor { get; }

    /// <summary>Whose state the call uses.</summary>
    public Session Session { get; }

    /// <summary>Who asked: the session itself, or the one whose transaction or script runs the call.</summary>
    public Session Client { get; }

    /// <summary>A script runs it, with a session of its own.</summary>
    public bool IsOfScript => Session != Client;

    /// <summary>The session may wait for the answer; otherwise a call that would have to wait answers what a timeout answers.</summary>
    public bool MayBlock { get; }

    /// <summary>Gates are not asked: they have been when the request was queued, or began.</summary>
    public bool IsAdmitted { get; init; }

    /// <summary>The request has waited, for keys or for what it has begun, and is run once more.</summary>
    public bool IsRunAgain { get; init; }

    public readonly CommandTable Commands => Executor.Commands;

    public readonly Keyspace Keyspace => _keyspace;

    public readonly Database Database => Session.Database;

    /// <summary>Unix milliseconds; the same during the whole call.</summary>
    public readonly long NowMs => _keyspace.NowMs;

    /// <summary>Milliseconds of the monotonic clock, for deadlines and spans: the wall clock may be set.</summary>
    public readonly long MonotonicMs => Executor.MonotonicMs;

    public ReplyWriter Reply;

    /// <summary>The first is the command's name; a subcommand's is the second.</summary>
    public Arguments Args { get; private set; }

    public Command Command { get; private set; }

    /// <summary>Flags of the command; of EXEC also those of all that it would run, of what runs a script those that the script declares.</summary>
    public readonly CommandFlags Flags
    {
        get
        {
            if (!Command.Has(CommandFlags.Commits | CommandFlags.RunsScript)) return Command.Flags;
            if (Command.Has(CommandFlags.RunsScript)) return Executor.ScriptFlags?.Invoke(in this) ?? Command.Flags;
            return Session.Transaction is { } transaction ? Command.Flags | transaction.Flags : Command.Flags;
        }
    }

    /// <summary>An error was answered.</summary>
    public bool Failed { get; private set; }

    /// <summary>Errors that it answered and others have counted.</summary>
    internal int CountedFailures { get; private set; }

    /// <summary>How long it took, and how much it answered: known when it has been counted, for those who look at it then.</summary>
    public long Nanoseconds { get; internal set; }

    public long ReplyBytes { get; internal set; }

    /// <summary>EXEC, until it is admitted: an error refuses the transaction as a whole.</summary>
    internal bool EndsTransaction { get; set; }

    /// <summary>What of the call reaches the change log.</summary>
    internal Propagation Propagation { get; private set; }

    /// <summary>Makes this the call of another request of the same session.</summary>
    /// <param name="hashedArgument">The argument whose hash is known already, or 0.</param>
    public void Begin(Arguments args, Command? command, int hashedArgument = 0, ulong hash = 0, int slot = 0)
    {
        Args = args;
        Command = command ?? Executor.Nothing;
        Failed = false;
        CountedFailures = 0;
        Propagation = Propagation.WhenChanged;
        _redacted = 0;
        _isRewritten = false;
        _hashedArgument = hashedArgument;
        _keyHash = hash;
        _keySlot = slot;
        _aheadEnd = 0;
    }

    // ---- keys

    /// <summary>The argument whose hash is known already, or 0; its hash and slot.</summary>
    internal readonly (int Argument, ulong Hash, int Slot) Hashed => (_hashedArgument, _keyHash, _keySlot);

    /// <summary>The key that an argument names.</summary>
    public readonly Key Key(int argument) => argument == _hashedArgument ? new(Args[argument], _keyHash, _keySlot) : KeyAside(argument);

    private readonly Key KeyAside(int argument)
    {
        if (argument < _aheadFirst || argument >= _aheadEnd || _aheadOf != Executor.HashesAheadOf) return _keyspace.KeyOf(Args[argument]);
        var (hash, slot) = Executor.HashesAhead[argument - _aheadFirst];
        return new(Args[argument], hash, slot);
    }

    /// <summary>
    /// To be called before each of several keys: prefetches the buckets and entries of the next ones, up to 32 together, as
    /// <see cref="RequestBatch"/> does for the first keys of a pipeline.
    /// </summary>
    /// <param name="argument">The key whose turn it is.</param>
    /// <param name="end">Behind the last one.</param>
    /// <param name="step">From key to key.</param>
    public void FetchAhead(int argument, int end, int step = 1)
    {
        if ((argument < _aheadEnd && _aheadOf == Executor.HashesAheadOf) || argument + step >= end) return;
        var hashes = Executor.HashesAhead;
        var data = Database.Data;
        var hasRoots = data.HasRootsToPrefetch;
        end = Math.Min(end, argument + hashes.Length);
        for (var i = argument; i < end; i += step)
        {
            var key = Key(i);
            hashes[i - argument] = (key.Hash, key.Slot);
            if (hasRoots) data.PrefetchRoot(key.Slot);
            else data.PrefetchBucket(key.Slot, key.Hash);
        }
        for (var i = argument; hasRoots && i < end; i += step) data.PrefetchBucket(hashes[i - argument].Slot, hashes[i - argument].Hash);
        for (var i = argument; i < end; i += step) data.PrefetchEntry(hashes[i - argument].Slot, hashes[i - argument].Hash);
        (_aheadFirst, _aheadEnd, _aheadOf) = (argument, end, ++Executor.HashesAheadOf);
    }

    /// <summary>The key that an argument names, for reading.</summary>
    public readonly EntryView Find(int argument, LookupFlags flags = LookupFlags.None) => _keyspace.Find(Database, Key(argument), flags);

    /// <summary>The key that an argument names, for changing.</summary>
    public readonly KeyEdit Edit(int argument) => _keyspace.Edit(Database, Key(argument), Args.Adoptable);

    /// <summary>Deletes the key that a result would have been stored in, if there is one; an expired one too.</summary>
    public readonly void DeleteDestination(int argument)
    {
        var gone = _keyspace.EditEvenExpired(Database, Key(argument));
        if (gone.Exists) gone.Delete(KeyspaceEvent.Delete);
    }

    /// <summary>The hash that an argument names, or none, for reading; the call has failed if it is something else.</summary>
    public HashView FindHash(int argument)
    {
        var view = Find(argument);
        return IsOfTypeOrMissing(view, ValueType.Hash) ? new(_keyspace, Database, view) : default;
    }

    /// <summary>As <see cref="FindHash"/>, for changing.</summary>
    public HashEdit EditHash(int argument)
    {
        var edit = Edit(argument);
        return !edit.Exists || IsOfTypeOrMissing(edit.View, ValueType.Hash) ? edit.Hash() : default;
    }

    /// <summary>The entry of the set that an argument names, for reading; there may be none. False when the key has another type: the call has failed.</summary>
    public bool TryFindSet(int argument, out EntryView entry)
    {
        var view = Find(argument);
        entry = view;
        return IsOfTypeOrMissing(view, ValueType.Set);
    }

    /// <summary>As <see cref="TryFindSet"/>: the set.</summary>
    public bool TrySet(int argument, out SetView set)
    {
        var isSet = TryFindSet(argument, out var entry);
        set = isSet ? new(Database.Data, entry) : default;
        return isSet;
    }

    /// <summary>As <see cref="TrySet"/>, for changing.</summary>
    public bool TryEditSet(int argument, out SetEdit set)
    {
        var edit = Edit(argument);
        var isSet = !edit.Exists || IsOfTypeOrMissing(edit.View, ValueType.Set);
        set = isSet ? new(edit) : default;
        return isSet;
    }

    /// <summary>The sorted set that an argument names, for reading; there may be none. False when the key has another type: the call has failed.</summary>
    public bool TrySortedSet(int argument, out SortedSetView set)
    {
        var view = Find(argument);
        var isSorted = IsOfTypeOrMissing(view, ValueType.SortedSet);
        set = isSorted ? new(Database.Data, view) : default;
        return isSorted;
    }

    /// <summary>As <see cref="TrySortedSet"/>, for changing.</summary>
    public bool TryEditSortedSet(int argument, out SortedSetEdit set)
    {
        var edit = Edit(argument);
        var isSorted = !edit.Exists || IsOfTypeOrMissing(edit.View, ValueType.SortedSet);
        set = isSorted ? new(edit) : default;
        return isSorted;
    }

    /// <summary>The stream that an argument names, for reading; there may be none. False when the key has another type: the call has failed.</summary>
    public bool TryStream(int argument, out StreamView stream)
    {
        var view = Find(argument);
        var isStream = IsOfTypeOrMissing(view, ValueType.Stream);
        stream = isStream ? new(Database.Data, view) : default;
        return isStream;
    }

    /// <summary>As <see cref="TryStream"/>, for changing.</summary>
    public bool TryEditStream(int argument, out StreamEdit stream)
    {
        var edit = Edit(argument);
        var isStream = !edit.Exists || IsOfTypeOrMissing(edit.View, ValueType.Stream);
        stream = isStream ? new(edit) : default;
        return isStream;
    }

    /// <summary>As <see cref="TryFindSet"/>, of a set or a sorted set.</summary>
    public bool TryFindSetOrSorted(int argument, out EntryView entry)
    {
        var view = Find(argument);
        entry = view;
        return view.Exists && view.Type == ValueType.SortedSet || IsOfTypeOrMissing(view, ValueType.Set);
    }

    /// <summary>Raises an event of the key that an argument names.</summary>
    public readonly void Raise(int argument, KeyspaceEvent happened) => _keyspace.Raise(happened, Database, Key(argument));

    /// <summary>
    /// Has the request wait and run again, from its beginning, whenever one of its keys comes to have a type. A call that may not wait is answered like a
    /// timeout. The handler returns afterwards; a key named twice is waited for once.
    /// </summary>
    /// <param name="endOfKeys">Behind the last argument that is a key.</param>
    /// <param name="deadlineMs">By <see cref="MonotonicMs"/>, or <see cref="BlockedCall.NoDeadline"/>.</param>
    /// <param name="answerTimeout">Answers what is answered when the deadline has passed; static.</param>
    /// <param name="runAgainMs">When it is run again whatever becomes of the keys, or <see cref="BlockedCall.NoDeadline"/>; greater than <see cref="MonotonicMs"/>.</param>
    public void WaitForKeys(
        int firstKey, int endOfKeys, ValueType type, long deadlineMs, CommandHandler answerTimeout, KeyWakes wakes = KeyWakes.WhenMade,
        long runAgainMs = BlockedCall.NoDeadline)
    {
        if (MayBlock) Executor.BlockedClients.WaitForKeys(ref this, firstKey, endOfKeys, type, deadlineMs, answerTimeout, wakes, runAgainMs);
        else answerTimeout(ref this);
    }

    // ---- answering

    /// <summary>Answers a string value.</summary>
    public void ReplyString(EntryView view) => ReplyString(view, 0, view.Value.Length);

    /// <summary>Answers a part of a string value. A long one is not copied but kept as it is until it is sent.</summary>
    public void ReplyString(EntryView view, int start, int length)
    {
        if (length < HoldsFrom || view.HoldString(_keyspace.Allocator) is not { } held)
        {
            Reply.Bulk(view.Value.Slice(start, length));
            return;
        }
        Reply.Bulk(held, start, length);
        held.Release();
    }

    /// <summary>Shorter parts are copied: that is cheaper than an element of output of their own.</summary>
    private const int HoldsFrom = 64 * 1024;

    // ---- failing

    /// <summary>Answers an error: code, blank, sentence, as <see cref="ByteText"/>. Newlines at its end are left out, others become blanks.</summary>
    public void Fail(string error)
    {
        Failed = true;
        if (EndsTransaction) error = "EXECABORT Transaction discarded because of: " + (error.StartsWith("ERR ", StringComparison.Ordinal) ? error[4..] : error);
        Executor.Errors.Count(error);
        Reply.Error(error.TrimEnd('\r', '\n'));
    }

    /// <summary>As <see cref="Fail(string)"/>, with an error that was counted already, when a call within this one answered it.</summary>
    public void FailCounted(string error)
    {
        CountedFailures++;
        Reply.Error(error.TrimEnd('\r', '\n'));
    }

    /// <summary>As <see cref="Fail(string)"/>, with an argument quoted in full, up to a NUL: it may be long, and goes into the reply as it is.</summary>
    public void Fail(string before, int argument, scoped ReadOnlySpan<byte> after)
    {
        Failed = true;
        Executor.Errors.Count(before);
        var quoted = ByteText.UpToNul(Args[argument]);
        Reply.Error(ByteText.ToBytes(before), after.IsEmpty ? quoted.TrimEnd("\r\n"u8) : quoted, after);
    }

    /// <summary>An argument as errors name it: a C string's worth, up to a NUL, and no more than so many bytes.</summary>
    public readonly string Shown(int argument, int bytesMax = ShownMax)
    {
        var text = ByteText.UpToNul(Args[argument]);
        return ByteText.FromBytes(text[..Math.Min(text.Length, bytesMax)]);
    }

    /// <summary>What most errors show of an argument at most, bytes.</summary>
    public const int ShownMax = 128;

    /// <summary>The name by which the command was called, in upper case: it may have been renamed.</summary>
    public readonly string CalledName => ByteText.FromBytes(Args[0]).ToUpperInvariant();

    public void FailSyntax() => Fail("ERR syntax error");

    public void FailArity() => Fail($"ERR wrong number of arguments for '{Command.FullName}' command");

    public void FailWrongType() => Fail("WRONGTYPE Operation against a key holding the wrong kind of value");

    public void FailNotInteger() => Fail("ERR value is not an integer or out of range");

    public void FailNoSuchKey() => Fail("ERR no such key");

    public void FailDatabaseIndex() => Fail("ERR DB index is out of range");

    /// <summary>True where there are slots, and so no other database: the call has failed.</summary>
    public bool FailsInCluster()
    {
        if (!_keyspace.Options.UsesSlots) return false;
        Fail($"ERR {Command.FullName.ToUpperInvariant()} is not allowed in cluster mode");
        return true;
    }

    public void FailSameObject() => Fail("ERR source and destination objects are the same");

    public void FailExpireTime() => Fail($"ERR invalid expire time in '{Command.FullName}' command");

    public void FailUnknownSubcommand(int argument) =>
        Fail($"ERR unknown subcommand or wrong number of arguments for '{Shown(argument)}'. Try {CalledName} HELP.");

    /// <summary>True when the value is missing or a string; otherwise the call has failed.</summary>
    public bool IsStringOrMissing(EntryView view) => IsOfTypeOrMissing(view, ValueType.String);

    private bool IsOfTypeOrMissing(EntryView view, ValueType type)
    {
        if (!view.Exists || view.Type == type) return true;
        FailWrongType();
        return false;
    }

    /// <summary>The list of the key that an argument names, for reading; there may be none. False when the key has another type: the call has failed.</summary>
    public bool TryList(int argument, out ListView list)
    {
        var view = Find(argument);
        var isList = IsOfTypeOrMissing(view, ValueType.List);
        list = isList ? new(Database.Data, view) : default;
        return isList;
    }

    /// <summary>As <see cref="TryList"/>, for changing.</summary>
    public bool TryEditList(int argument, out ListEdit list)
    {
        var edit = Edit(argument);
        var isList = !edit.Exists || IsOfTypeOrMissing(edit.View, ValueType.List);
        list = isList ? new(edit) : default;
        return isList;
    }

    /// <summary>Reads an argument as a 64-bit integer; otherwise the call has failed.</summary>
    public bool TryInteger(int argument, out long value)
    {
        if (IntegerText.TryParse(Args[argument], out value)) return true;
        FailNotInteger();
        return false;
    }

    /// <summary>Reads an argument as a number of things, from 0 on; otherwise the call has failed.</summary>
    public bool TryCount(int argument, out long count)
    {
        if (IntegerText.TryParse(Args[argument], out count) && count >= 0) return true;
        Fail("ERR value is out of range, must be positive");
        return false;
    }

    /// <summary>Reads an argument as a 32-bit integer; otherwise the call has failed.</summary>
    /// <param name="error">Instead of the usual ones.</param>
    public bool TryInt(int argument, out int value, string? error = null)
    {
        var isInteger = IntegerText.TryParse(Args[argument], out var number);
        value = unchecked((int)number);
        if (isInteger && value == number) return true;
        if (error is null && !isInteger) FailNotInteger();
        else Fail(error ?? $"ERR value is out of range, value must between {int.MinValue} and {int.MaxValue}");
        return false;
    }

    /// <summary>Reads an argument as the number of a database; otherwise the call has failed.</summary>
    public bool TryDatabase(int argument, out Database database)
    {
        database = Database;
        if (!TryInt(argument, out var number)) return false;
        if ((uint)number >= (uint)_keyspace.Databases.Length)
        {
            FailDatabaseIndex();
            return false;
        }
        database = _keyspace.Databases[number];
        return true;
    }

    /// <summary>Whether an argument is this word, given in lower case, in any case.</summary>
    public readonly bool Is(int argument, ReadOnlySpan<byte> lowerCaseWord) =>
        System.Text.Ascii.EqualsIgnoreCase(Args[argument], lowerCaseWord);

    /// <summary>Has the request have other words from here on, for whoever copies it to wait. There are as many.</summary>
    internal void Rewrite(Arguments args)
    {
        if (!_isRewritten) _asSent = Args;
        _isRewritten = true;
        Args = args;
    }

    // ---- secrets

    /// <summary>Marks an argument as a secret, which neither logs nor monitors must show.</summary>
    public void Redact(int argument) => _redacted |= argument < RedactionsTogether ? 1UL << argument : 1UL << RedactionsTogether;

    /// <summary>Arguments from here on are redacted together.</summary>
    private const int RedactionsTogether = 63;

    /// <summary>An argument as it was sent and as logs and monitors may show it: a secret is replaced.</summary>
    public readonly ReadOnlySpan<byte> Showable(int argument)
    {
        if ((_redacted >> Math.Min(argument, RedactionsTogether) & 1) != 0) return "(redacted)"u8;
        return _isRewritten ? _asSent[argument] : Args[argument];
    }

    // ---- propagation

    /// <summary>Propagates another effect than the request's own words; so many arguments follow with <see cref="ChangeLog.Append(ReadOnlySpan{byte})"/>.</summary>
    public ChangeLog BeginEffect(int arguments)
    {
        Propagation = Propagation.Replaced;
        var changes = _keyspace.Changes;
        changes.Begin(Session.Targets, Database.Number, arguments);
        return changes;
    }

    /// <summary>Begins the effect of a command on the call's first key; so many arguments more follow.</summary>
    public ChangeLog BeginEffect(scoped ReadOnlySpan<byte> command, int more = 0) => BeginEffect(2 + more).Append(command).Append(Args[1]);

    /// <summary>Whether persistence or replicas take effects: when not, there is no need to word them.</summary>
    public readonly bool HasListeners => (_keyspace.Changes.Listening & Session.Targets) != ChangeTargets.None;

    /// <summary>Propagates the request even if no key changed: FLUSHALL of nothing.</summary>
    public void PropagateAlways() => Propagation = Propagation.Always;

    /// <summary>Propagates the request to replicas, and to nobody else: PUBLISH.</summary>
    public void PropagateToReplicas() => Propagation = Propagation.ToReplicas;

    /// <summary>Propagates nothing of the call's own: the effects of the calls within it stand.</summary>
    public void PropagateInnerCalls() => Propagation = Propagation.Replaced;
}

internal enum Propagation : byte
{
    /// <summary>The request itself, if it changed something.</summary>
    WhenChanged,
    Always,
    ToReplicas,

    /// <summary>The handler has worded the effects, or the calls within it have.</summary>
    Replaced,
}
