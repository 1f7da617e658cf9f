namespace Carnelian;

/// <summary>What operators do with values that are not simply numbers or plain tables: coercions, metamethods and errors.</summary>
internal static class Operators
{
    /// <summary>Handlers of handlers that may stand in a row.</summary>
    private const int LoopMax = 100;

    /// <param name="register">Of the value, for messages; -1 if it is in none.</param>
    public static LuaValue Index(LuaThread thread, LuaValue value, in LuaValue key, int register)
    {
        for (var loop = 0; loop < LoopMax; loop++)
        {
            LuaValue handler;
            if (value.Object is LuaTable table)
            {
                ref readonly var found = ref table.Get(key);
                if (!found.IsNil) return found;
                handler = Metamethods.FindOften(table.Metatable, Event.Index);
                if (handler.IsNil) return default;
            }
            else
            {
                handler = Metamethods.Find(thread.Machine, value, Event.Index);
                if (handler.IsNil) throw Errors.Type(thread, value, "index", register);
            }
            if (handler.IsFunction) return thread.CallValue(handler, value, key);
            value = handler;
            register = -1;
        }
        throw Errors.Run(thread, "loop in gettable");
    }

    public static void SetIndex(LuaThread thread, LuaValue target, in LuaValue key, in LuaValue value, int register)
    {
        for (var loop = 0; loop < LoopMax; loop++)
        {
            LuaValue handler;
            if (target.Object is LuaTable table)
            {
                if (table.IsReadOnly) throw Errors.Run(thread, "Attempt to modify a readonly table");
                handler = table.Metatable is null || !table.Get(key).IsNil ? default : Metamethods.FindOften(table.Metatable, Event.NewIndex);
                if (handler.IsNil)
                {
                    CheckKey(thread, key);
                    table.Set(key, value);
                    return;
                }
                // PUC's makes a place for the key before it looks for a handler, and then complains, too.
                CheckKey(thread, key);
            }
            else
            {
                handler = Metamethods.Find(thread.Machine, target, Event.NewIndex);
                if (handler.IsNil) throw Errors.Type(thread, target, "index", register);
            }
            if (handler.IsFunction)
            {
                thread.CallForEffect(handler, target, key, value);
                return;
            }
            target = handler;
            register = -1;
        }
        throw Errors.Run(thread, "loop in settable");
    }

    public static void CheckKey(LuaThread thread, in LuaValue key)
    {
        if (key.IsNil) throw Errors.Run(thread, "table index is nil");
        if (key.IsNumber && double.IsNaN(key.Double)) throw Errors.Run(thread, "table index is NaN");
    }

    /// <summary>Sets without metamethods, for libraries.</summary>
    public static void RawSet(LuaThread thread, LuaTable table, in LuaValue key, in LuaValue value)
    {
        if (table.IsReadOnly) throw Errors.Run(thread, "Attempt to modify a readonly table");
        CheckKey(thread, key);
        table.Set(key, value);
    }

    public static LuaValue Arith(LuaThread thread, ulong instruction, in LuaValue left, in LuaValue right)
    {
        var opcode = Specializer.General(Instruction.OpcodeOf(instruction));
        NoteText(thread, left);
        NoteText(thread, right);
        if (Arithmetic.TryConvert(left, out var first) && Arithmetic.TryConvert(right, out var second)) return Arithmetic.Compute(opcode, first, second);
        var happening = Event.Add + (opcode - Opcode.Add);
        var handler = Handler(thread, left, right, happening);
        if (!handler.IsNil) return thread.CallValue(handler, left, right);
        throw Errors.Arithmetic(thread, instruction, left, right);
    }

    /// <summary>A text that is read as a number may be long.</summary>
    public static void NoteText(LuaThread thread, in LuaValue value)
    {
        if (value.Object is LuaString text) thread.Machine.Spend(text.Length >> LuaMachine.BytesPerStepShift);
    }

    private static LuaValue Handler(LuaThread thread, in LuaValue left, in LuaValue right, Event happening)
    {
        var handler = Metamethods.Find(thread.Machine, left, happening);
        return handler.IsNil ? Metamethods.Find(thread.Machine, right, happening) : handler;
    }

    public static LuaValue Length(LuaThread thread, in LuaValue value, int register)
    {
        switch (value.Object)
        {
            case LuaTable table: return table.Length;
            case LuaString text: return text.Length;
        }
        var handler = Metamethods.Find(thread.Machine, value, Event.Length);
        if (handler.IsNil) throw Errors.Type(thread, value, "get length of", register);
        return thread.CallValue(handler, value, default);
    }

    // Comparisons.

    /// <summary>Whether two values that are not the same object are equal.</summary>
    public static bool EqualObjects(LuaThread thread, in LuaValue left, in LuaValue right)
    {
        LuaTable? first, second;
        switch (left.Object)
        {
            case LuaString text: return right.Object is LuaString same && AreEqual(thread, text, same);
            case LuaTable one when right.Object is LuaTable other:
                first = one.Metatable;
                second = other.Metatable;
                break;
            case LuaUserData one when right.Object is LuaUserData other:
                first = one.Metatable;
                second = other.Metatable;
                break;
            default: return false;
        }
        var handler = Metamethods.FindOften(first, Event.Equal);
        if (handler.IsNil) return false;
        if (first != second && !LuaValue.RawEquals(handler, Metamethods.FindOften(second, Event.Equal))) return false;
        return !thread.CallValue(handler, left, right).IsFalse;
    }

    /// <summary>Equality without metamethods.</summary>
    public static bool RawEqual(LuaThread thread, in LuaValue left, in LuaValue right)
    {
        if (left.Object == right.Object) return left.Object != Tags.Number || left.Double == right.Double;
        return left.Object is LuaString one && right.Object is LuaString other && AreEqual(thread, one, other);
    }

    /// <summary>Long strings that are alike take their time.</summary>
    private static bool AreEqual(LuaThread thread, LuaString one, LuaString other)
    {
        if (one.Length != other.Length) return false;
        thread.Machine.Spend(one.Length >> LuaMachine.BytesPerStepShift);
        return one.Equals(other);
    }

    private static int Compare(LuaThread thread, LuaString one, LuaString other)
    {
        thread.Machine.Spend(Math.Min(one.Length, other.Length) >> LuaMachine.BytesPerStepShift);
        return LuaString.Compare(one, other);
    }

    public static bool Equal(LuaThread thread, in LuaValue left, in LuaValue right) =>
        left.Object == right.Object ? left.Object != Tags.Number || left.Double == right.Double : EqualObjects(thread, left, right);

    public static bool LessThan(LuaThread thread, in LuaValue left, in LuaValue right)
    {
        if (left.Object == Tags.Number && right.Object == Tags.Number) return left.Double < right.Double;
        if (left.Object is LuaString one && right.Object is LuaString other) return Compare(thread, one, other) < 0;
        return Ordered(thread, left, right, Event.LessThan) ?? throw Errors.Order(thread, left, right);
    }

    public static bool LessOrEqual(LuaThread thread, in LuaValue left, in LuaValue right)
    {
        if (left.Object == Tags.Number && right.Object == Tags.Number) return left.Double <= right.Double;
        if (left.Object is LuaString one && right.Object is LuaString other) return Compare(thread, one, other) <= 0;
        return Ordered(thread, left, right, Event.LessOrEqual) ?? !Ordered(thread, right, left, Event.LessThan) ?? throw Errors.Order(thread, left, right);
    }

    /// <summary>Both must be of one type and have the same handler; null if not.</summary>
    private static bool? Ordered(LuaThread thread, in LuaValue left, in LuaValue right, Event happening)
    {
        if (left.Type != right.Type) return null;
        var handler = Metamethods.Find(thread.Machine, left, happening);
        if (handler.IsNil || !LuaValue.RawEquals(handler, Metamethods.Find(thread.Machine, right, happening))) return null;
        return !thread.CallValue(handler, left, right).IsFalse;
    }

    // Strings.

    /// <summary>A string, or a number as text; null for anything else.</summary>
    public static LuaString? ToText(LuaMachine machine, in LuaValue value)
    {
        if (value.Object is LuaString text) return text;
        return value.Object == Tags.Number ? machine.Strings.Get(LuaNumber.Text(value.Double, stackalloc byte[LuaNumber.LengthMax])) : null;
    }

    private static bool IsText(in LuaValue value) => value.Object is LuaString || value.Object == Tags.Number;

    /// <summary>Joins the registers first … last, from the right, and leaves the result in the first one.</summary>
    public static void Concat(LuaThread thread, int first, int last, int registers)
    {
        while (last > first)
        {
            var count = 2;
            ref var left = ref thread.Stack[last - 1];
            ref var right = ref thread.Stack[last];
            if (!IsText(left) || !IsText(right))
            {
                var handler = Handler(thread, left, right, Event.Concat);
                if (handler.IsNil) throw Errors.Concat(thread, left, right, last - 1 - registers);
                var result = thread.CallValue(handler, left, right);
                thread.Stack[last - 1] = result;
            }
            else count = JoinTexts(thread, first, last);
            last -= count - 1;
        }
    }

    /// <summary>Joins as many as there are in a row; the result comes to the first of them.</summary>
    private static int JoinTexts(LuaThread thread, int first, int last)
    {
        var stack = thread.Stack;
        var from = last;
        long length = 0;
        for (; from >= first && IsText(stack[from]); from--)
        {
            if (stack[from].Object is LuaString text) length += text.Length;
            else length += LuaNumber.LengthMax;
        }
        from++;
        if (length > Array.MaxLength) throw Errors.Run(thread, "string length overflow");
        if (length <= 256) stack[from] = Join(thread.Machine, stack.AsSpan(from, last - from + 1), stackalloc byte[(int)length]);
        else
        {
            thread.Machine.Spend(length >> LuaMachine.BytesPerStepShift);
            thread.Machine.Memory.Hold(length);
            var bytes = new byte[length];
            stack[from] = Join(thread.Machine, stack.AsSpan(from, last - from + 1), bytes, owned: bytes);
            thread.Machine.Memory.Release(length);
        }
        return last - from + 1;
    }

    private static LuaString Join(LuaMachine machine, ReadOnlySpan<LuaValue> values, Span<byte> bytes, byte[]? owned = null)
    {
        var length = 0;
        foreach (ref readonly var value in values)
        {
            if (value.Object is LuaString text)
            {
                text.Span.CopyTo(bytes[length..]);
                length += text.Length;
            }
            else length += LuaNumber.Text(value.Double, bytes[length..]).Length;
        }
        return owned is not null && owned.Length == length ? machine.Strings.Own(owned) : machine.Strings.Get(bytes[..length]);
    }
}
