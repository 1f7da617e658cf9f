using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Runs code. One loop with one switch; calls of scripts by scripts stay in the loop. The usual cases are here, and whatever may fail, call or allocate more is
/// behind a call (<see cref="Operators"/>), for registers of the processor are scarce in so large a method. The stack may move with each of those, so that the
/// window of registers is taken anew behind it; and the place in the code is noted before, where messages and budgets look for it.
/// </summary>
internal static class Interpreter
{
    /// <summary>Elements of a constructor that are stored at once.</summary>
    public const int FieldsPerFlush = 50;

    /// <summary>Runs the thread's top call until the one at a depth has returned, or the thread yields.</summary>
    public static void Execute(LuaThread thread, int entryDepth)
    {
        var machine = thread.Machine;
    NewFrame:
        ref var frame = ref thread.Frames[thread.Depth];
        var closure = frame.Closure!;
        var code = closure.Prototype.Code;
        var constants = closure.Prototype.Constants;
        var pc = frame.Pc;
        var @base = frame.Base;
        var registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
        while (true)
        {
            var i = code[pc++];
            bool condition;
            switch (Instruction.OpcodeOf(i))
            {
                case Opcode.Move:
                    LuaValue.Copy(ref registers[Instruction.A(i)], registers[Instruction.B(i)]);
                    continue;
                case Opcode.LoadK:
                    LuaValue.Copy(ref registers[Instruction.A(i)], constants[Instruction.Bx(i)]);
                    continue;
                case Opcode.LoadBool:
                    registers[Instruction.A(i)].SetBoolean(Instruction.B(i) != 0);
                    pc += Instruction.C(i);
                    continue;
                case Opcode.LoadNil:
                    for (var register = Instruction.A(i); register <= Instruction.B(i); register++) registers[register].Object = null;
                    continue;
                case Opcode.GetUpvalue:
                    LuaValue.Copy(ref registers[Instruction.A(i)], closure.Upvalues[Instruction.B(i)].Place);
                    continue;
                case Opcode.GetGlobal:
                {
                    ref readonly var value = ref closure.Environment.GetString((LuaString)constants[Instruction.Bx(i)].Object!);
                    if (!value.IsNil)
                    {
                        LuaValue.Copy(ref registers[Instruction.A(i)], value);
                        continue;
                    }
                    thread.SavePc(pc);
                    var found = Operators.Index(thread, closure.Environment, constants[Instruction.Bx(i)], -1);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    registers[Instruction.A(i)] = found;
                    continue;
                }
                case Opcode.GetField:
                {
                    if (registers[Instruction.B(i)].Object is LuaTable table)
                    {
                        ref readonly var value = ref table.GetString((LuaString)constants[Instruction.C(i) & Instruction.ConstantMax].Object!);
                        if (!value.IsNil)
                        {
                            LuaValue.Copy(ref registers[Instruction.A(i)], value);
                            continue;
                        }
                    }
                    goto case Opcode.GetTable;
                }
                case Opcode.GetIndex:
                {
                    if (registers[Instruction.B(i)].Object is LuaTable table)
                    {
                        ref var key = ref registers[Instruction.C(i)];
                        if (key.Object == Tags.Number)
                        {
                            var integer = double.ConvertToIntegerNative<int>(key.Double);
                            if (integer == key.Double)
                            {
                                ref readonly var value = ref table.GetInteger(integer);
                                if (!value.IsNil)
                                {
                                    LuaValue.Copy(ref registers[Instruction.A(i)], value);
                                    continue;
                                }
                            }
                        }
                        else if (key.Object is LuaString text)
                        {
                            ref readonly var value = ref table.GetString(text);
                            if (!value.IsNil)
                            {
                                LuaValue.Copy(ref registers[Instruction.A(i)], value);
                                continue;
                            }
                        }
                    }
                    goto case Opcode.GetTable;
                }
                case Opcode.GetElement:
                {
                    if (registers[Instruction.B(i)].Object is LuaTable table)
                    {
                        var key = constants[Instruction.C(i) & Instruction.ConstantMax].Double;
                        var integer = double.ConvertToIntegerNative<int>(key);
                        if (integer == key)
                        {
                            ref readonly var value = ref table.GetInteger(integer);
                            if (!value.IsNil)
                            {
                                LuaValue.Copy(ref registers[Instruction.A(i)], value);
                                continue;
                            }
                        }
                    }
                    goto case Opcode.GetTable;
                }
                case Opcode.GetTable:
                {
                    thread.SavePc(pc);
                    var found = Operators.Index(thread, registers[Instruction.B(i)], Operand(registers, constants, Instruction.C(i)), Instruction.B(i));
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    registers[Instruction.A(i)] = found;
                    continue;
                }
                case Opcode.SetGlobal:
                {
                    var name = (LuaString)constants[Instruction.Bx(i)].Object!;
                    if (closure.Environment.TryReplace(name, registers[Instruction.A(i)])) continue;
                    thread.SavePc(pc);
                    Operators.SetIndex(thread, closure.Environment, name, registers[Instruction.A(i)], -1);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    continue;
                }
                case Opcode.SetUpvalue:
                    LuaValue.Copy(ref closure.Upvalues[Instruction.B(i)].Place, registers[Instruction.A(i)]);
                    continue;
                case Opcode.SetField:
                {
                    if (registers[Instruction.A(i)].Object is LuaTable table
                        && table.TryReplace(
                            (LuaString)constants[Instruction.B(i) & Instruction.ConstantMax].Object!, Operand(registers, constants, Instruction.C(i)))) continue;
                    goto case Opcode.SetTable;
                }
                case Opcode.SetIndex:
                {
                    if (registers[Instruction.A(i)].Object is LuaTable table)
                    {
                        ref var key = ref registers[Instruction.B(i)];
                        if (key.Object == Tags.Number)
                        {
                            var integer = double.ConvertToIntegerNative<int>(key.Double);
                            if (integer == key.Double && table.TryReplace(integer, Operand(registers, constants, Instruction.C(i)))) continue;
                        }
                        else if (key.Object is LuaString text && table.TryReplace(text, Operand(registers, constants, Instruction.C(i)))) continue;
                    }
                    goto case Opcode.SetTable;
                }
                case Opcode.SetTable:
                {
                    thread.SavePc(pc);
                    var target = Instruction.A(i);
                    Operators.SetIndex(
                        thread, registers[target], Operand(registers, constants, Instruction.B(i)), Operand(registers, constants, Instruction.C(i)), target);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    continue;
                }
                case Opcode.NewTable:
                    thread.SavePc(pc);
                    registers[Instruction.A(i)].Object = new LuaTable(machine.Memory, Instruction.C(i), Instruction.B(i));
                    continue;
                case Opcode.SelfK:
                {
                    ref var receiver = ref registers[Instruction.B(i)];
                    var name = (LuaString)constants[Instruction.C(i) & Instruction.ConstantMax].Object!;
                    var table = receiver.Object as LuaTable;
                    if (table is null && receiver.Object is LuaString) table = machine.StringMethods;
                    if (table is not null)
                    {
                        ref readonly var value = ref table.GetString(name);
                        if (!value.IsNil)
                        {
                            LuaValue.Copy(ref registers[Instruction.A(i) + 1], receiver);
                            LuaValue.Copy(ref registers[Instruction.A(i)], value);
                            continue;
                        }
                    }
                    goto case Opcode.Self;
                }
                case Opcode.Self:
                {
                    thread.SavePc(pc);
                    var receiver = registers[Instruction.B(i)];
                    registers[Instruction.A(i) + 1] = receiver;
                    var found = Operators.Index(thread, receiver, Operand(registers, constants, Instruction.C(i)), Instruction.B(i));
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    registers[Instruction.A(i)] = found;
                    continue;
                }
                case Opcode.AddRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double + right.Double);
                    continue;
                }
                case Opcode.AddRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    if (left.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double + constants[Instruction.C(i) & Instruction.ConstantMax].Double);
                    continue;
                }
                case Opcode.SubtractRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double - right.Double);
                    continue;
                }
                case Opcode.SubtractRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    if (left.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double - constants[Instruction.C(i) & Instruction.ConstantMax].Double);
                    continue;
                }
                case Opcode.MultiplyRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double * right.Double);
                    continue;
                }
                case Opcode.MultiplyRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    if (left.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double * constants[Instruction.C(i) & Instruction.ConstantMax].Double);
                    continue;
                }
                case Opcode.DivideRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double / right.Double);
                    continue;
                }
                case Opcode.DivideRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    if (left.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(left.Double / constants[Instruction.C(i) & Instruction.ConstantMax].Double);
                    continue;
                }
                case Opcode.ModuloRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    if (left.Object != Tags.Number) goto case Opcode.Add;
                    registers[Instruction.A(i)].SetNumber(Arithmetic.Modulo(left.Double, constants[Instruction.C(i) & Instruction.ConstantMax].Double));
                    continue;
                }
                case Opcode.Add:
                case Opcode.Subtract:
                case Opcode.Multiply:
                case Opcode.Divide:
                case Opcode.Modulo:
                case Opcode.Power:
                {
                    ref readonly var left = ref Operand(registers, constants, Instruction.B(i));
                    ref readonly var right = ref Operand(registers, constants, Instruction.C(i));
                    if (left.Object == Tags.Number && right.Object == Tags.Number)
                    {
                        registers[Instruction.A(i)].SetNumber(Arithmetic.Compute(Specializer.General(Instruction.OpcodeOf(i)), left.Double, right.Double));
                        continue;
                    }
                    thread.SavePc(pc);
                    var result = Operators.Arith(thread, i, left, right);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    registers[Instruction.A(i)] = result;
                    continue;
                }
                case Opcode.Negate:
                {
                    ref var operand = ref registers[Instruction.B(i)];
                    if (operand.Object == Tags.Number)
                    {
                        registers[Instruction.A(i)].SetNumber(-operand.Double);
                        continue;
                    }
                    thread.SavePc(pc);
                    var result = Operators.Arith(thread, i, operand, operand);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    registers[Instruction.A(i)] = result;
                    continue;
                }
                case Opcode.Not:
                    registers[Instruction.A(i)].SetBoolean(registers[Instruction.B(i)].IsFalse);
                    continue;
                case Opcode.Length:
                {
                    if (registers[Instruction.B(i)].Object is LuaTable table)
                    {
                        registers[Instruction.A(i)].SetNumber(table.Length);
                        continue;
                    }
                    thread.SavePc(pc);
                    var length = Operators.Length(thread, registers[Instruction.B(i)], Instruction.B(i));
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    registers[Instruction.A(i)] = length;
                    continue;
                }
                case Opcode.Concat:
                {
                    thread.SavePc(pc);
                    Operators.Concat(thread, @base + Instruction.B(i), @base + Instruction.C(i), @base);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    LuaValue.Copy(ref registers[Instruction.A(i)], registers[Instruction.B(i)]);
                    continue;
                }
                case Opcode.Jump:
                {
                    var offset = Instruction.Bx(i);
                    pc += offset;
                    if (offset < 0 && (machine.StepsLeft += offset) < 0) goto Ask;
                    continue;
                }
                case Opcode.EqualRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object == right.Object)
                    {
                        condition = left.Object != Tags.Number || left.Double == right.Double;
                        break;
                    }
                    thread.SavePc(pc);
                    condition = Operators.EqualObjects(thread, left, right);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    break;
                }
                case Opcode.EqualRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref constants[Instruction.C(i) & Instruction.ConstantMax];
                    if (left.Object == right.Object) condition = left.Object != Tags.Number || left.Double == right.Double;
                    else
                    {
                        thread.SavePc(pc);
                        condition = left.Object is LuaString && Operators.RawEqual(thread, left, right);
                    }
                    break;
                }
                case Opcode.Equal:
                    thread.SavePc(pc);
                    condition = Operators.RawEqual(thread, Operand(registers, constants, Instruction.B(i)), Operand(registers, constants, Instruction.C(i)));
                    break;
                case Opcode.LessThanRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.LessThan;
                    condition = left.Double < right.Double;
                    break;
                }
                case Opcode.LessThanRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref constants[Instruction.C(i) & Instruction.ConstantMax];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.LessThan;
                    condition = left.Double < right.Double;
                    break;
                }
                case Opcode.LessThanKR:
                {
                    ref var left = ref constants[Instruction.B(i) & Instruction.ConstantMax];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.LessThan;
                    condition = left.Double < right.Double;
                    break;
                }
                case Opcode.LessThan:
                    thread.SavePc(pc);
                    condition = Operators.LessThan(thread, Operand(registers, constants, Instruction.B(i)), Operand(registers, constants, Instruction.C(i)));
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    break;
                case Opcode.LessOrEqualRR:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.LessOrEqual;
                    condition = left.Double <= right.Double;
                    break;
                }
                case Opcode.LessOrEqualRK:
                {
                    ref var left = ref registers[Instruction.B(i)];
                    ref var right = ref constants[Instruction.C(i) & Instruction.ConstantMax];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.LessOrEqual;
                    condition = left.Double <= right.Double;
                    break;
                }
                case Opcode.LessOrEqualKR:
                {
                    ref var left = ref constants[Instruction.B(i) & Instruction.ConstantMax];
                    ref var right = ref registers[Instruction.C(i)];
                    if (left.Object != Tags.Number || right.Object != Tags.Number) goto case Opcode.LessOrEqual;
                    condition = left.Double <= right.Double;
                    break;
                }
                case Opcode.LessOrEqual:
                    thread.SavePc(pc);
                    condition = Operators.LessOrEqual(thread, Operand(registers, constants, Instruction.B(i)), Operand(registers, constants, Instruction.C(i)));
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    break;
                case Opcode.Test:
                    if (registers[Instruction.A(i)].IsFalse == (Instruction.C(i) != 0))
                    {
                        pc++;
                        continue;
                    }
                    goto Jump;
                case Opcode.TestSet:
                {
                    ref var value = ref registers[Instruction.B(i)];
                    if (value.IsFalse == (Instruction.C(i) != 0))
                    {
                        pc++;
                        continue;
                    }
                    LuaValue.Copy(ref registers[Instruction.A(i)], value);
                    goto Jump;
                }
                case Opcode.CallFixed:
                {
                    var a = Instruction.A(i);
                    if (registers[a].Object is not LuaClosure callee) goto case Opcode.Call;
                    thread.Frames[thread.Depth].Pc = pc;
                    thread.Enter(callee, @base + a, Instruction.B(i) - 1, Instruction.C(i) - 1);
                    if (--machine.StepsLeft < 0) machine.Ask();
                    goto NewFrame;
                }
                case Opcode.Call:
                {
                    thread.SavePc(pc);
                    if (--machine.StepsLeft < 0) machine.Ask();
                    var function = @base + Instruction.A(i);
                    var count = Instruction.B(i) != 0 ? Instruction.B(i) - 1 : thread.Top - function - 1;
                    if (!Call(thread, function, count, Instruction.C(i) - 1, Instruction.A(i))) goto NewFrame;
                    if (thread.Status == ThreadStatus.Yielded) return;
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    continue;
                }
                case Opcode.TailCall:
                {
                    thread.SavePc(pc);
                    if (--machine.StepsLeft < 0) machine.Ask();
                    var function = @base + Instruction.A(i);
                    var count = Instruction.B(i) != 0 ? Instruction.B(i) - 1 : thread.Top - function - 1;
                    if (!Call(thread, function, count, -1, Instruction.A(i)))
                    {
                        ReplaceCaller(thread);
                        goto NewFrame;
                    }
                    if (thread.Status == ThreadStatus.Yielded) return;
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    continue;
                }
                case Opcode.Return1:
                {
                    if (thread.OpenUpvalues is not null) thread.Close(@base);
                    ref var returning = ref thread.Frames[thread.Depth];
                    if (returning.Wanted != 1) goto case Opcode.Return;
                    LuaValue.Copy(ref thread.Stack[returning.Function], registers[Instruction.A(i)]);
                    if (--thread.Depth < entryDepth) return;
                    goto NewFrame;
                }
                case Opcode.Return0:
                case Opcode.Return:
                {
                    var first = @base + Instruction.A(i);
                    Return(thread, first, Instruction.B(i) != 0 ? Instruction.B(i) - 1 : thread.Top - first);
                    if (machine.StepsLeft < 0) machine.Ask();
                    if (thread.Depth < entryDepth) return;
                    goto NewFrame;
                }
                case Opcode.ForLoop:
                {
                    var loop = registers.Slice(Instruction.A(i), 4);
                    var step = loop[2].Double;
                    var index = loop[0].Double + step;
                    if (0 < step ? index <= loop[1].Double : loop[1].Double <= index)
                    {
                        pc += Instruction.Bx(i);
                        loop[0].Double = index;
                        loop[3].SetNumber(index);
                        if ((machine.StepsLeft += Instruction.Bx(i)) < 0) goto Ask;
                    }
                    continue;
                }
                case Opcode.ForPrepare:
                    thread.SavePc(pc);
                    PrepareFor(thread, registers.Slice(Instruction.A(i), 3));
                    pc += Instruction.Bx(i);
                    continue;
                case Opcode.ForEach:
                    thread.SavePc(pc);
                    if (--machine.StepsLeft < 0) machine.Ask();
                    condition = ForEach(thread, @base + Instruction.A(i), Instruction.C(i), Instruction.A(i));
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    if (condition) goto Jump;
                    pc++;
                    continue;
                case Opcode.SetList:
                {
                    thread.SavePc(pc);
                    var first = @base + Instruction.A(i);
                    SetList(thread, first, Instruction.B(i) != 0 ? Instruction.B(i) : thread.Top - first - 1, Instruction.C(i));
                    continue;
                }
                case Opcode.Close:
                    thread.Close(@base + Instruction.A(i));
                    continue;
                case Opcode.Closure:
                    thread.SavePc(pc);
                    registers[Instruction.A(i)].Object = MakeClosure(thread, closure, closure.Prototype.Prototypes[Instruction.Bx(i)], @base);
                    continue;
                case Opcode.VarArg:
                    thread.SavePc(pc);
                    PlaceVarArgs(thread, @base + Instruction.A(i), Instruction.B(i) - 1, closure.Prototype.ParameterCount);
                    registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
                    continue;
                // Line, which only traced code has.
                default:
                    Tracing.LookAt(thread, pc);
                    goto Moved;
            }
            // A comparison: a jump follows, which is taken or not.
            if (condition != (Instruction.A(i) != 0))
            {
                pc++;
                continue;
            }
        Jump:
            var distance = Instruction.Bx(code[pc]);
            pc += distance + 1;
            if (distance >= 0 || (machine.StepsLeft += distance) >= 0) continue;
        Ask:
            // As if the instruction that is jumped to were running.
            thread.SavePc(pc + 1);
            machine.Ask();
        Moved:
            registers = thread.Stack.AsSpan(@base, closure.Prototype.StackSize);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref readonly LuaValue Operand(Span<LuaValue> registers, LuaValue[] constants, int operand)
    {
        if (Instruction.IsConstant(operand)) return ref constants[operand & Instruction.ConstantMax];
        return ref registers[operand];
    }

    /// <summary>Calls what is no closure; answers false if one was entered after all, which runs then.</summary>
    private static bool Call(LuaThread thread, int function, int count, int wanted, int register)
    {
        while (true)
        {
            switch (thread.Stack[function].Object)
            {
                case LuaHostFunction host:
                    var results = thread.RunHost(host, function, count, wanted);
                    if (results >= 0) thread.Adjust(function, results, wanted);
                    return true;
                case LuaClosure closure:
                    thread.Enter(closure, function, count, wanted);
                    return false;
                default:
                    thread.PutCallHandler(function, ref count, register);
                    register = -1;
                    continue;
            }
        }
    }

    /// <summary>The call that was entered last takes the place of the one that made it.</summary>
    private static void ReplaceCaller(LuaThread thread)
    {
        ref var caller = ref thread.Frames[thread.Depth - 1];
        ref var callee = ref thread.Frames[thread.Depth];
        thread.Close(caller.Base);
        var distance = callee.Function - caller.Function;
        // Function, arguments and parameters with the table of those beyond; the other registers are not set yet.
        var end = callee.Base + callee.Closure!.Prototype.ParameterCount + 1;
        Array.Copy(thread.Stack, callee.Function, thread.Stack, caller.Function, end - callee.Function);
        caller.Closure = callee.Closure;
        caller.Base = callee.Base - distance;
        caller.Top = callee.Top - distance;
        caller.Pc = 0;
        caller.TailCalls++;
        thread.Depth--;
    }

    private static void Return(LuaThread thread, int first, int count)
    {
        ref var frame = ref thread.Frames[thread.Depth];
        if (thread.OpenUpvalues is not null) thread.Close(frame.Base);
        thread.Depth--;
        var stack = thread.Stack;
        var wanted = frame.Wanted;
        var to = frame.Function;
        var moved = wanted < 0 ? count : Math.Min(count, wanted);
        thread.Machine.StepsLeft -= moved >> LuaMachine.ValuesPerStepShift;
        for (var i = 0; i < moved; i++) LuaValue.Copy(ref stack[to + i], stack[first + i]);
        thread.Adjust(to, moved, wanted);
    }

    private static void PrepareFor(LuaThread thread, Span<LuaValue> loop)
    {
        foreach (ref readonly var value in loop) Operators.NoteText(thread, value);
        if (!Arithmetic.TryConvert(loop[0], out var first)) throw Errors.Run(thread, "'for' initial value must be a number");
        if (!Arithmetic.TryConvert(loop[1], out var limit)) throw Errors.Run(thread, "'for' limit must be a number");
        if (!Arithmetic.TryConvert(loop[2], out var step)) throw Errors.Run(thread, "'for' step must be a number");
        loop[0] = first - step;
        loop[1] = limit;
        loop[2] = step;
    }

    /// <summary>Asks the iterator for the next values; answers whether there are any.</summary>
    private static bool ForEach(LuaThread thread, int first, int count, int register)
    {
        var stack = thread.Stack;
        var function = first + 3;
        // Arguments may lie above the registers: the iterator has none yet.
        if (stack.Length < function + 3)
        {
            thread.EnsureStack(function + 3);
            stack = thread.Stack;
        }
        LuaValue.Copy(ref stack[function + 2], stack[first + 2]);
        LuaValue.Copy(ref stack[function + 1], stack[first + 1]);
        LuaValue.Copy(ref stack[function], stack[first]);
        if (!stack[function].IsFunction)
        {
            var arguments = 2;
            thread.PutCallHandler(function, ref arguments, register + 3);
            thread.Call(function, arguments, count);
        }
        else thread.Call(function, 2, count);
        stack = thread.Stack;
        if (stack[function].IsNil) return false;
        LuaValue.Copy(ref stack[first + 2], stack[function]);
        return true;
    }

    private static void SetList(LuaThread thread, int first, int count, int offset)
    {
        var stack = thread.Stack;
        var table = (LuaTable)stack[first].Object!;
        var top = thread.UseAll();
        table.ReserveArray(offset + count);
        thread.Frames[thread.Depth].Top = top;
        for (; count > 0; count--) table.SetInteger(offset + count, stack[first + count]);
    }

    private static LuaClosure MakeClosure(LuaThread thread, LuaClosure outer, LuaPrototype prototype, int registers)
    {
        var sources = prototype.Upvalues;
        thread.Machine.Memory.Charge(LuaClosure.BaseBytes + sources.Length * 8L);
        var upvalues = sources.Length == 0 ? [] : new Upvalue[sources.Length];
        for (var i = 0; i < upvalues.Length; i++)
            upvalues[i] = sources[i].IsLocal ? thread.FindUpvalue(registers + sources[i].Index) : outer.Upvalues[sources[i].Index];
        return new(prototype, upvalues, outer.Environment);
    }

    /// <summary>Copies the arguments beyond the parameters; all of them if -1 are wanted.</summary>
    private static void PlaceVarArgs(LuaThread thread, int to, int wanted, int parameters)
    {
        ref var frame = ref thread.Frames[thread.Depth];
        var count = frame.Base - frame.Function - parameters - 1;
        var from = frame.Base - count;
        if (wanted < 0)
        {
            thread.Machine.Spend(count >> LuaMachine.ValuesPerStepShift);
            thread.EnsureStack(to + count);
            wanted = count;
            thread.Top = to + count;
        }
        var stack = thread.Stack;
        for (var i = 0; i < wanted; i++)
        {
            if (i < count) LuaValue.Copy(ref stack[to + i], stack[from + i]);
            else stack[to + i] = default;
        }
    }
}
