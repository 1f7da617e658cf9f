using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>The types of Lua values, in the order in which PUC's numbers them.</summary>
public enum LuaType : byte { Nil, Boolean, LightUserData, Number, String, Table, Function, UserData, Thread }

/// <summary>
/// A Lua value in 16 bytes: an object that tells the type, and a number. Nil has no object, so that fresh arrays hold nil. A number has <see cref="Tags.Number"/>,
/// a boolean one of two other objects that exist once; these lie outside of the collected heap in a program that is compiled ahead of time, so that storing one
/// needs no write barrier and comparing with one takes one instruction.
/// </summary>
public struct LuaValue
{
    internal LuaObject? Object;
    internal double Double;

    public LuaValue(double number)
    {
        Object = Tags.Number;
        Double = number;
    }

    internal LuaValue(LuaObject? value)
    {
        Object = value;
        Double = 0;
    }

    public static LuaValue Nil => default;

    public static LuaValue True => new(Tags.True);

    public static LuaValue False => new(Tags.False);

    public static implicit operator LuaValue(double number) => new(number);

    public static implicit operator LuaValue(bool value) => new(value ? Tags.True : Tags.False);

    public static implicit operator LuaValue(LuaString value) => new((LuaObject)value);

    public static implicit operator LuaValue(LuaTable value) => new((LuaObject)value);

    public static implicit operator LuaValue(LuaFunction value) => new((LuaObject)value);

    public static implicit operator LuaValue(LuaUserData value) => new((LuaObject)value);

    public static implicit operator LuaValue(LuaThread value) => new((LuaObject)value);

    public readonly LuaType Type => Object is null ? LuaType.Nil : Object.Type;

    public readonly bool IsNil => Object is null;

    public readonly bool IsNumber => Object == Tags.Number;

    public readonly bool IsString => Object is LuaString;

    public readonly bool IsTable => Object is LuaTable;

    public readonly bool IsFunction => Object is LuaFunction;

    /// <summary>Whether a condition takes it for false: nil and false alone.</summary>
    public readonly bool IsFalse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Object is null || Object == Tags.False;
    }

    public readonly bool TryGetNumber(out double number)
    {
        number = Double;
        return Object == Tags.Number;
    }

    public readonly bool TryGetString([NotNullWhen(true)] out LuaString? text)
    {
        text = Object as LuaString;
        return text is not null;
    }

    public readonly bool TryGetTable([NotNullWhen(true)] out LuaTable? table)
    {
        table = Object as LuaTable;
        return table is not null;
    }

    /// <summary>Null if it is no function.</summary>
    public readonly LuaFunction? AsFunction => Object as LuaFunction;

    /// <summary>Null if it is no userdata.</summary>
    public readonly LuaUserData? AsUserData => Object as LuaUserData;

    /// <summary>"nil", "number", … as <c>type</c> tells it.</summary>
    public readonly ReadOnlySpan<byte> TypeName => NameOf(Type);

    internal static ReadOnlySpan<byte> NameOf(LuaType type) => type switch
    {
        LuaType.Nil => "nil"u8,
        LuaType.Boolean => "boolean"u8,
        LuaType.Number => "number"u8,
        LuaType.String => "string"u8,
        LuaType.Table => "table"u8,
        LuaType.Function => "function"u8,
        LuaType.Thread => "thread"u8,
        _ => "userdata"u8,
    };

    /// <summary>Equality without metamethods.</summary>
    public static bool RawEquals(in LuaValue left, in LuaValue right)
    {
        if (left.Object == right.Object) return left.Object != Tags.Number || left.Double == right.Double;
        return left.Object is LuaString one && right.Object is LuaString other && one.Equals(other);
    }

    /// <summary>
    /// Copies by its two parts: the copy of the whole struct is an instruction that moves a string, which is slow; and a number needs no write barrier.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(ref LuaValue to, in LuaValue from)
    {
        var value = from.Object;
        if (value == Tags.Number) to.Object = Tags.Number;
        else to.Object = value;
        to.Double = from.Double;
    }

    /// <summary>Makes it a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetNumber(double number)
    {
        Object = Tags.Number;
        Double = number;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetBoolean(bool value)
    {
        if (value) Object = Tags.True;
        else Object = Tags.False;
    }

    /// <summary>A number as C's <c>%g</c> writes it with so many digits, any other value as <see cref="ToString()"/>.</summary>
    public readonly string ToString(int digits)
    {
        if (!IsNumber) return ToString();
        Span<byte> text = stackalloc byte[CFormat.LengthMax];
        return System.Text.Encoding.Latin1.GetString(text[..CFormat.WriteGeneral(Double, digits, keepsZeros: false, text)]);
    }

    public override readonly string ToString() => Object switch
    {
        null => "nil",
        LuaString text => text.ToString(),
        _ when Object == Tags.Number => System.Text.Encoding.Latin1.GetString(LuaNumber.Text(Double, stackalloc byte[LuaNumber.LengthMax])),
        _ when Object == Tags.True => "true",
        _ when Object == Tags.False => "false",
        _ => System.Text.Encoding.Latin1.GetString(TypeName),
    };
}

/// <summary>Whatever a value refers to.</summary>
public abstract class LuaObject
{
    internal readonly LuaType Type;

    /// <summary>The round of the walk over what is reachable that has seen it (<see cref="Reachability"/>).</summary>
    internal int Mark;

    private protected LuaObject(LuaType type) => Type = type;
}

/// <summary>Stands for a type whose values lie in the value itself.</summary>
internal sealed class Tag(LuaType type) : LuaObject(type);

/// <summary>The objects of which there is one each.</summary>
internal static class Tags
{
    public static readonly Tag Number = new(LuaType.Number);
    public static readonly Tag True = new(LuaType.Boolean);
    public static readonly Tag False = new(LuaType.Boolean);

    /// <summary>In a table, in place of a key without a value that nothing else holds. Equals no key.</summary>
    public static readonly Tag Dead = new(LuaType.LightUserData);
}
