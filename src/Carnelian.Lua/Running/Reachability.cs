namespace Carnelian;

/// <summary>
/// A walk over all that scripts can reach: from globals, registry and threads on. It measures that, and it clears from weak tables what nothing else holds, as a
/// collection does. Each object bears the number of the walk that has seen it. Code that the machine has compiled is measured with the first closure of it; the
/// other is the host's, which counts it and may share it with other machines.
/// </summary>
internal sealed class Reachability
{
    /// <summary>So many objects are as much as a step.</summary>
    private const int ObjectsPerStepShift = 1;

    /// <summary>And so many places of a table or a stack are as much as an object.</summary>
    private const int PlacesPerObjectShift = 2;

    private readonly LuaMachine _machine;
    private readonly Stack<LuaObject> _pending = new();
    private readonly List<LuaTable> _weak = [];
    private readonly List<LuaTable> _withLeftKeys = [];
    private readonly int _round;
    private long _bytes;
    private long _objects;

    private Reachability(LuaMachine machine, int round)
    {
        _machine = machine;
        _round = round;
    }

    public static long Measure(LuaMachine machine)
    {
        var walk = new Reachability(machine, ++machine.Rounds);
        walk.See(machine.Globals);
        walk.See(machine.Registry);
        walk.See(machine.StringMetatable);
        walk.See(machine.Main);
        walk.See(machine.Running);
        while (walk._pending.TryPop(out var next)) walk.Visit(next);
        foreach (var table in walk._weak) walk.Clear(table);
        foreach (var table in walk._withLeftKeys) walk.ForgetKeys(table);
        machine.StepsLeft -= walk._objects >> ObjectsPerStepShift;
        return walk._bytes;
    }

    private void See(LuaObject? value)
    {
        if (value is null or Tag || value.Mark == _round) return;
        value.Mark = _round;
        _objects++;
        if (value is LuaString text) _bytes += LuaString.OverheadBytes + text.Length;
        else _pending.Push(value);
    }

    private void Visit(LuaObject value)
    {
        switch (value)
        {
            case LuaTable table:
                VisitTable(table);
                break;
            case LuaClosure closure:
                VisitClosure(closure);
                break;
            case LuaHostFunction function:
                _bytes += LuaHostFunction.BaseBytes + function.Values.Length * 16L;
                foreach (ref readonly var kept in function.Values.AsSpan()) See(kept.Object);
                break;
            case LuaUserData data:
                _bytes += LuaUserData.BaseBytes;
                See(data.Metatable);
                See(data.Environment);
                break;
            case LuaThread thread:
                VisitThread(thread);
                break;
        }
    }

    private void VisitTable(LuaTable table)
    {
        _bytes += table.Bytes;
        _objects += table.PlaceCount >> PlacesPerObjectShift;
        See(table.Metatable);
        var (hasWeakKeys, hasWeakValues) = Weakness(table);
        if (hasWeakKeys || hasWeakValues)
        {
            _weak.Add(table);
            _withLeftKeys.Add(table);
        }
        if (hasWeakKeys && hasWeakValues) return;
        var hasLeftKeys = hasWeakKeys || hasWeakValues;
        for (var place = 0; place < table.PlaceCount; place++)
        {
            table.PairAt(place, out var key, out var value);
            if (!hasWeakKeys) See(key);
            if (!hasWeakValues) See(value);
            if (value is null && !hasLeftKeys && table.LeftKeyAt(place) is not (null or Tag))
            {
                hasLeftKeys = true;
                _withLeftKeys.Add(table);
            }
        }
    }

    private static (bool Keys, bool Values) Weakness(LuaTable table)
    {
        var mode = Metamethods.FindOften(table.Metatable, Event.Mode);
        return mode.Object is LuaString text ? (text.Span.Contains((byte)'k'), text.Span.Contains((byte)'v')) : (false, false);
    }

    private void VisitClosure(LuaClosure closure)
    {
        _bytes += LuaClosure.BaseBytes + closure.Upvalues.Length * 8L;
        See(closure.Environment);
        if (closure.Prototype.Owner == _machine) VisitPrototype(closure.Prototype);
        foreach (var upvalue in closure.Upvalues)
        {
            if (upvalue.Mark == _round) continue;
            upvalue.Mark = _round;
            _bytes += Upvalue.Bytes;
            // While it is open it holds all of the thread, though no script may reach that.
            See(upvalue.Thread);
            See(upvalue.Place.Object);
        }
    }

    private void VisitPrototype(LuaPrototype prototype)
    {
        if (prototype.Mark == _round) return;
        prototype.Mark = _round;
        _objects++;
        _bytes += prototype.Bytes;
        // The text itself often is the name, and names of variables may be as long. Those in parentheses are no machine's.
        See(prototype.Source);
        foreach (ref readonly var local in prototype.Locals.AsSpan())
            if (!local.Name.Span.StartsWith("("u8)) See(local.Name);
        foreach (ref readonly var upvalue in prototype.Upvalues.AsSpan()) See(upvalue.Name);
        // Those inside count for themselves, for a closure of one may have been seen before, or live alone.
        foreach (var inner in prototype.Prototypes)
        {
            _bytes -= inner.Bytes;
            VisitPrototype(inner);
        }
    }

    private void VisitThread(LuaThread thread)
    {
        _bytes += thread.Bytes;
        _objects += thread.Stack.Length >> PlacesPerObjectShift;
        See(thread.Globals);
        See(thread.ErrorHandler.Object);
        foreach (var handler in thread.OuterHandlers ?? []) See(handler);
        for (var depth = 0; depth <= thread.Depth; depth++) See(thread.Frames[depth].Closure);
        // A caller's registers above a call are not in use.
        var end = Math.Min(thread.Frames[thread.Depth].Top, thread.Stack.Length);
        foreach (ref readonly var value in thread.Stack.AsSpan(0, end)) See(value.Object);
        // What calls that are over have left, nobody counts: it must not stay alive.
        thread.Stack.AsSpan(end).Clear();
        foreach (ref var frame in thread.Frames.AsSpan(thread.Depth + 1)) frame.Closure = null;
    }

    private void Clear(LuaTable table)
    {
        for (var place = 0; place < table.PlaceCount; place++)
        {
            table.PairAt(place, out var key, out var value);
            if (IsDead(key) || IsDead(value)) table.ClearAt(place);
        }
    }

    /// <summary>
    /// Who goes on with a traversal behind a key that it has set to nil still holds that key; any other goes. Short strings stay, and count: an equal one may have been made
    /// anew.
    /// </summary>
    private void ForgetKeys(LuaTable table)
    {
        for (var place = 0; place < table.PlaceCount; place++)
        {
            var key = table.LeftKeyAt(place);
            if (key is LuaString { Length: <= StringCache.ShortMax }) See(key);
            else if (key is not (null or Tag) && key.Mark != _round) table.ForgetKeyAt(place);
        }
    }

    /// <summary>Strings are values, and stay.</summary>
    private bool IsDead(LuaObject? value)
    {
        if (value is LuaString) See(value);
        return value is not (null or Tag or LuaString) && value.Mark != _round;
    }
}
