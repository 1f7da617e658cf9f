namespace Carnelian;

/// <summary>Errors that running code makes, in PUC's words, with position and the names of what was wrong.</summary>
internal static class Errors
{
    /// <summary>An error of the running function: with its position, if it is one of a script.</summary>
    public static LuaException Run(LuaThread thread, string message) => Run(thread, System.Text.Encoding.Latin1.GetBytes(message));

    public static LuaException Run(LuaThread thread, ReadOnlySpan<byte> message) => Raise(thread, thread.Machine.String(StackReader.Where(thread, 0), message));

    /// <summary>An error of a function of the host, with the position of who called it.</summary>
    public static LuaException Fail(LuaThread thread, ReadOnlySpan<byte> message) => Raise(thread, thread.Machine.String(StackReader.Where(thread, 1), message));

    /// <summary>Shows the error to the handler, if there is one, while the stack is as it was.</summary>
    public static LuaException Raise(LuaThread thread, LuaValue value)
    {
        if (thread.ErrorHandler.IsNil) return new(value);
        if (!thread.ErrorHandler.IsFunction) return LuaException.OfHandler();
        return new(thread.CallValue(thread.ErrorHandler, value));
    }

    public static void AddPosition(ByteBuffer text, LuaPrototype prototype, int pc)
    {
        text.Add(prototype.ShortSource.Span);
        text.Add($":{prototype.LineOf(pc)}: ");
    }

    /// <param name="register">Of the value; -1 if it is in none.</param>
    public static LuaException Type(LuaThread thread, in LuaValue value, string operation, int register)
    {
        var text = new ByteBuffer(96);
        text.Add("attempt to "u8);
        text.Add(operation);
        text.Add(" "u8);
        if (register >= 0 && NameReader.OfRegister(thread, thread.Depth, register, out var kind) is { } name)
        {
            text.Add(kind);
            text.Add(" '"u8);
            text.Add(name.Span);
            text.Add("' (a "u8);
            text.Add(value.TypeName);
            text.Add(" value)"u8);
        }
        else
        {
            text.Add("a "u8);
            text.Add(value.TypeName);
            text.Add(" value"u8);
        }
        return Run(thread, text.Span);
    }

    /// <summary>The first operand that is no number is told.</summary>
    public static LuaException Arithmetic(LuaThread thread, ulong instruction, in LuaValue left, in LuaValue right)
    {
        var isLeft = !Carnelian.Arithmetic.TryConvert(left, out _);
        var operand = isLeft || Specializer.General(Instruction.OpcodeOf(instruction)) == Opcode.Negate ? Instruction.B(instruction) : Instruction.C(instruction);
        return Type(thread, isLeft ? left : right, "perform arithmetic on", Instruction.IsConstant(operand) ? -1 : operand);
    }

    /// <param name="register">Of the left one; the other is the next.</param>
    public static LuaException Concat(LuaThread thread, in LuaValue left, in LuaValue right, int register)
    {
        var isLeft = left.Object is not LuaString && left.Object != Tags.Number;
        return Type(thread, isLeft ? left : right, "concatenate", register < 0 ? -1 : isLeft ? register : register + 1);
    }

    public static LuaException Order(LuaThread thread, in LuaValue left, in LuaValue right)
    {
        // PUC's tells types apart by their third letter.
        var text = new ByteBuffer(64);
        text.Add("attempt to compare "u8);
        if (left.TypeName[2] == right.TypeName[2])
        {
            text.Add("two "u8);
            text.Add(left.TypeName);
            text.Add(" values"u8);
        }
        else
        {
            text.Add(left.TypeName);
            text.Add(" with "u8);
            text.Add(right.TypeName);
        }
        return Run(thread, text.Span);
    }

    /// <summary>Too many calls of the host within each other; a few more are there for who handles that.</summary>
    public static void CheckHostLevels(LuaThread thread)
    {
        var levels = thread.Machine.HostLevels;
        if (levels == LuaMachine.HostLevelsMax) throw Run(thread, "C stack overflow");
        if (levels >= LuaMachine.HostLevelsMax + LuaMachine.HostLevelsMax / 8) throw LuaException.OfHandler();
    }
}
