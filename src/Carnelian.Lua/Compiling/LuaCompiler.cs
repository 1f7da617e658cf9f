using System.Diagnostics.CodeAnalysis;

namespace Carnelian;

/// <summary>Compiles chunks. What it makes belongs to no machine and can be kept and shared.</summary>
public static class LuaCompiler
{
    /// <summary>Compiles a text; if it is no Lua, there is a message with position instead.</summary>
    /// <param name="name">"@file" or "=name" for positions, else the text itself.</param>
    /// <param name="memoryLimitBytes">What compiling may take.</param>
    public static bool TryCompile(
        ReadOnlySpan<byte> text, LuaString name, [NotNullWhen(true)] out LuaPrototype? prototype, [NotNullWhen(false)] out LuaString? error, long memoryLimitBytes = LuaMachine.DefaultMemoryLimitBytes)
    {
        try
        {
            return TryCompile(text, name, new LuaMachine(memoryLimitBytes: memoryLimitBytes).Strings, 0, out prototype, out error);
        }
        catch (LuaException tooMuch)
        {
            (prototype, error) = (null, (LuaString)tooMuch.Value.Object!);
            return false;
        }
    }

    internal static bool TryCompile(
        ReadOnlySpan<byte> text, LuaString name, StringCache strings, int level, [NotNullWhen(true)] out LuaPrototype? prototype, [NotNullWhen(false)] out LuaString? error)
    {
        prototype = null;
        error = null;
        try
        {
            prototype = Parser.Parse(text.ToArray(), name, strings, level);
            return true;
        }
        catch (LuaSyntaxException exception)
        {
            error = LuaString.Of(exception.Text);
            return false;
        }
    }
}
