namespace Carnelian;

/// <summary>Fields of the tables that stand for replies, and of errors.</summary>
internal static class FieldNames
{
    public static readonly LuaString Error = LuaString.Of("err"u8);
    public static readonly LuaString Ok = LuaString.Of("ok"u8);
    public static readonly LuaString Double = LuaString.Of("double"u8);
    public static readonly LuaString BigNumber = LuaString.Of("big_number"u8);
    public static readonly LuaString Verbatim = LuaString.Of("verbatim_string"u8);
    public static readonly LuaString Format = LuaString.Of("format"u8);
    public static readonly LuaString String = LuaString.Of("string"u8);
    public static readonly LuaString Map = LuaString.Of("map"u8);
    public static readonly LuaString Set = LuaString.Of("set"u8);

    // Of errors: where they happened, and whether they have been counted.
    public static readonly LuaString Source = LuaString.Of("source"u8);
    public static readonly LuaString Line = LuaString.Of("line"u8);
    public static readonly LuaString IsCounted = LuaString.Of("ignore_error_stats_update"u8);

    public static readonly LuaString Keys = LuaString.Of("KEYS"u8);
    public static readonly LuaString Arguments = LuaString.Of("ARGV"u8);
}
