using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>FUNCTION and its subcommands that change or tell what functions there are.</summary>
[Command("FUNCTION", Summary = "A container for function commands.", Since = "7.0.0", Complexity = "Depends on subcommand.")]
[CommandFamily("scripting")]
internal static class FunctionCommands
{
    private static Functions Of(ref Call call) => call.Executor.Services.Get<Scripting>().Functions;

    /// <summary>It comes from where it was loaded once.</summary>
    private static bool IsTrusted(ref Call call) => call.Client.Targets == ChangeTargets.None;

    /// <summary>Functions are data: what changed them is propagated, and counts for save points.</summary>
    private static void NoteChange(ref Call call)
    {
        call.Keyspace.Dirty++;
        call.PropagateAlways();
    }

    [Command("FUNCTION LOAD", Summary = "Creates a library.", Since = "7.0.0", Complexity = "O(1) (considering compilation time is redundant)",
        Flags = Write | DenyOom | NoScript,
        Arguments = "[REPLACE] function-code",
        Tips = "request_policy:all_shards response_policy:all_succeeded")]
    internal static void Load(ref Call call)
    {
        var replaces = false;
        for (var i = 2; i < call.Args.Count - 1; i++)
        {
            if (call.Is(i, "replace"u8)) replaces = true;
            else
            {
                call.Fail($"ERR Unknown option given: {call.Shown(i, int.MaxValue)}");
                return;
            }
        }
        if (Of(ref call).Load(call.Args[call.Args.Count - 1], replaces, IsTrusted(ref call), out var error) is not { } library)
        {
            call.Fail("ERR " + error);
            return;
        }
        NoteChange(ref call);
        call.Reply.Bulk(library.Name);
    }

    [Command("FUNCTION DELETE", Summary = "Deletes a library and its functions.", Since = "7.0.0", Complexity = "O(1)",
        Flags = Write | NoScript,
        Arguments = "library-name",
        Tips = "request_policy:all_shards response_policy:all_succeeded")]
    internal static void Delete(ref Call call)
    {
        var functions = Of(ref call);
        if (functions.Current.Find(ByteText.FromBytes(call.Args[2])) is not { } library)
        {
            call.Fail("ERR Library not found");
            return;
        }
        functions.Delete(library);
        NoteChange(ref call);
        call.Reply.Ok();
    }

    [Command("FUNCTION FLUSH", Summary = "Deletes all libraries and functions.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of functions deleted",
        Flags = Write | NoScript,
        Arguments = "[flush-type: ASYNC | SYNC]",
        Tips = "request_policy:all_shards response_policy:all_succeeded")]
    internal static void Flush(ref Call call)
    {
        if (call.Args.Count > 3) call.FailUnknownSubcommand(1);
        else if (call.Args.Count == 3 && !call.Is(2, "sync"u8) && !call.Is(2, "async"u8)) call.Fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
        if (call.Failed) return;
        var functions = Of(ref call);
        BackgroundFlush.Count(ref call, functions.Current.FunctionCount, functions.Current.FunctionCount + 1);
        functions.Flush();
        NoteChange(ref call);
        call.Reply.Ok();
    }

    [Command("FUNCTION DUMP", Summary = "Dumps all libraries into a serialized binary payload.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of functions",
        Flags = NoScript)]
    internal static void Dump(ref Call call) => call.Reply.Bulk(FunctionPayload.Write(Of(ref call).Current.Libraries));

    [Command("FUNCTION RESTORE", Summary = "Restores all libraries from a payload.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of functions on the payload",
        Flags = Write | DenyOom | NoScript,
        Arguments = "serialized-value [policy: FLUSH | APPEND | REPLACE]",
        Tips = "request_policy:all_shards response_policy:all_succeeded")]
    internal static void Restore(ref Call call)
    {
        if (!TryReadPolicy(ref call, out var policy)) return;
        if (!FunctionPayload.IsIntact(call.Args[2]))
        {
            call.Fail("ERR DUMP payload version or checksum are wrong");
            return;
        }
        var sources = new List<byte[]>();
        var error = FunctionPayload.Read(call.Args[2], sources) ?? Of(ref call).Restore(sources, policy, IsTrusted(ref call));
        if (error is not null)
        {
            call.Fail("ERR " + error);
            return;
        }
        NoteChange(ref call);
        call.Reply.Ok();
    }

    private static bool TryReadPolicy(ref Call call, out RestorePolicy policy)
    {
        policy = RestorePolicy.Append;
        if (call.Args.Count > 4) call.FailUnknownSubcommand(1);
        else if (call.Args.Count == 4)
        {
            if (call.Is(3, "replace"u8)) policy = RestorePolicy.Replace;
            else if (call.Is(3, "flush"u8)) policy = RestorePolicy.Flush;
            else if (!call.Is(3, "append"u8)) call.Fail("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
        }
        return !call.Failed;
    }

    [Command("FUNCTION LIST", Summary = "Returns information about all libraries.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of functions",
        Flags = NoScript,
        Arguments = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
        Tips = "nondeterministic_output_order")]
    internal static void List(ref Call call)
    {
        var withCode = false;
        var pattern = 0;
        for (var i = 2; i < call.Args.Count; i++)
        {
            if (!withCode && call.Is(i, "withcode"u8)) withCode = true;
            else if (pattern == 0 && call.Is(i, "libraryname"u8))
            {
                if (i == call.Args.Count - 1) call.Fail("ERR library name argument was not given");
                pattern = ++i;
            }
            else call.Fail($"ERR Unknown argument {call.Shown(i, int.MaxValue)}");
            if (call.Failed) return;
        }
        var told = new List<FunctionLibrary>();
        foreach (var library in Of(ref call).Current.Libraries)
        {
            if (pattern == 0 || GlobPattern.Matches(call.Args[pattern], ByteText.ToBytes(library.Name), ignoreCase: true)) told.Add(library);
        }
        call.Reply.Array(told.Count);
        foreach (var library in told) WriteLibrary(ref call.Reply, library, withCode);
    }

    private static void WriteLibrary(ref ReplyWriter reply, FunctionLibrary library, bool withCode)
    {
        reply.Map(withCode ? 4 : 3);
        reply.Bulk("library_name"u8);
        reply.Bulk(library.Name);
        reply.Bulk("engine"u8);
        reply.Bulk(Functions.EngineName);
        reply.Bulk("functions"u8);
        reply.Array(library.Functions.Count);
        foreach (var function in library.Functions) WriteFunction(ref reply, function);
        if (!withCode) return;
        reply.Bulk("library_code"u8);
        reply.Bulk(library.Code);
    }

    private static void WriteFunction(ref ReplyWriter reply, LibraryFunction function)
    {
        reply.Map(3);
        reply.Bulk("name"u8);
        reply.Bulk(function.Name);
        reply.Bulk("description"u8);
        if (function.Description is { } description) reply.Bulk(description.Span);
        else reply.Null();
        reply.Bulk("flags"u8);
        reply.Set(System.Numerics.BitOperations.PopCount((uint)function.Flags));
        for (var i = 0; i < ScriptFlagNames.All.Length; i++)
        {
            if (((int)function.Flags >> i & 1) != 0) reply.Simple(ScriptFlagNames.All[i]);
        }
    }
}
