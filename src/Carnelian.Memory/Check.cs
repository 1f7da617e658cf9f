using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>Assertions that stay on in release: a broken invariant must stop the server, not spread.</summary>
public static class Check
{
    /// <summary>Throws <see cref="BrokenInvariantException"/> with the condition's own text when it does not hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        if (!condition) Fail(text);
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    public static void Fail(string text) => throw new BrokenInvariantException(text);
}

/// <summary>A fact that the code relies on does not hold: a defect of Carnelian, never a client's mistake.</summary>
public sealed class BrokenInvariantException(string invariant) : Exception($"broken invariant: {invariant}");
