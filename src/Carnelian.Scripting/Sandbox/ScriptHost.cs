using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>Who runs scripts: asked while they run, and told what they print.</summary>
internal sealed class ScriptHost(Scripting scripting) : LuaHost
{
    public Scripting Scripting => scripting;

    public override void StepsSpent(LuaMachine machine)
    {
        if (scripting.Functions.Loading is not null) scripting.Functions.LookUp(machine);
        else if (scripting.Debugger.IsActive) scripting.Debugger.LookUp(machine);
        else scripting.Run.Patience.LookUp(machine);
    }

    public override void Print(ReadOnlySpan<byte> line) => scripting.Log.LogInformation("{Line}", ByteText.ToShown(ByteText.FromBytes(line)));

    public override double Clock() => scripting.CpuSeconds;
}
