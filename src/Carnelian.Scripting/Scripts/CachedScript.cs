namespace Carnelian;

/// <summary>A script of EVAL or SCRIPT LOAD, compiled.</summary>
internal sealed class CachedScript(ScriptDigest digest, byte[] text, ScriptFlags flags, LuaPrototype prototype, LuaClosure function)
{
    /// <summary>What it takes beside its text and its code, approximately.</summary>
    private const int OverheadBytes = 320;

    public ScriptDigest Digest => digest;

    /// <summary>The digest as errors tell it.</summary>
    public string Name { get; } = digest.ToString();

    public byte[] Text => text;

    public ScriptFlags Flags => flags;

    public LuaPrototype Prototype => prototype;

    public LuaClosure Function => function;

    public long Bytes => OverheadBytes + text.Length + prototype.Bytes;

    /// <summary>Among those that may be forgotten, the one used last at the end; null: it was loaded by SCRIPT LOAD, and stays.</summary>
    public LinkedListNode<CachedScript>? Use { get; set; }
}
