namespace Carnelian;

/// <summary>The commands of this assembly.</summary>
public sealed partial class ScriptingCommands : CommandSet;
