using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// Ends the process by a true fault: DEBUG SEGFAULT. Linux on x64 and arm64; layouts are those of the kernel's ABI (sigaction(2), ucontext).
/// <para>
/// A signal's handler in C# may run only while its thread is in native code: the runtime keeps SIGSEGV for itself, makes NullReferenceException of
/// it in managed code and ends the process where the address is not near null. So the handler is installed for this one fault, which happens
/// inside the C library's memset, and not for those that nobody expects.
/// </para>
/// </summary>
internal static unsafe partial class FaultSignal
{
    private const int SIGABRT = 6, SIGSEGV = 11, SA_SIGINFO = 4;
    private const int PROT_READ = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20;
    private const int CodeOffset = 8, AddressOffset = 16;
    private const int StackWords = 16;

    /// <summary>struct sigaction: handler 8, mask 128, flags 4 and padding, restorer 8.</summary>
    private const int ActionBytes = 152, ActionFlagsOffset = 136;

    private static readonly string[] _x64Registers =
        ["R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "RDI", "RSI", "RBP", "RBX", "RDX", "RAX", "RCX", "RSP", "RIP", "EFL"];

    /// <summary>A signal's handler belongs to the process, and nothing can be handed to it but through a static.</summary>
    private static readonly Slot _slot = new();

    private sealed class Slot
    {
        public Action<Fault>? Report;
    }

    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Writes to a page that must not be written.</summary>
    /// <param name="report">Runs in the signal's handler; null: the process ends without it.</param>
    public static void Raise(Action<Fault>? report)
    {
        _slot.Report = report;
        if (report is null) signal(SIGSEGV, 0);
        else
        {
            var action = stackalloc byte[ActionBytes];
            new Span<byte>(action, ActionBytes).Clear();
            *(delegate* unmanaged<int, byte*, byte*, void>*)action = &OnFault;
            *(int*)(action + ActionFlagsOffset) = SA_SIGINFO;
            sigaction(SIGSEGV, action, null);
        }
        var page = mmap(null, (nuint)Environment.SystemPageSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(page, 'x', 1);
    }

    /// <summary>Ends the process by SIGABRT, past all that handles it.</summary>
    [DoesNotReturn]
    public static void Abort()
    {
        signal(SIGABRT, 0);
        abort();
    }

    /// <summary>When it returns, the instruction is executed again, and this time it ends the process.</summary>
    [UnmanagedCallersOnly]
    private static void OnFault(int number, byte* info, byte* context)
    {
        signal(number, 0);
        try
        {
            _slot.Report!(new Fault(number, *(int*)(info + CodeOffset), *(nint*)(info + AddressOffset), Registers(context, out var stack), Words(stack)));
        }
        catch (Exception)
        {
            // Nothing may stop the fault.
        }
    }

    private static (string Name, ulong Value)[] Registers(byte* context, out ulong* stack)
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            const int FirstAt = 40, StackPointer = 15;
            var values = (ulong*)(context + FirstAt);
            stack = (ulong*)values[StackPointer];
            return [.. _x64Registers.Select((name, i) => (name, values[i]))];
        }
        else
        {
            const int FirstAt = 184, StackPointer = 31;
            var values = (ulong*)(context + FirstAt);
            stack = (ulong*)values[StackPointer];
            return [.. Enumerable.Range(0, 33).Select(i => (i switch { StackPointer => "SP", StackPointer + 1 => "RIP", _ => $"X{i}" }, values[i]))];
        }
    }

    private static (ulong Address, ulong Value)[] Words(ulong* stack)
    {
        var words = new (ulong, ulong)[StackWords];
        for (var i = 0; i < StackWords; i++) words[i] = ((ulong)(stack + i), stack[i]);
        return words;
    }

    [LibraryImport("libc")]
    private static partial int sigaction(int number, void* action, void* old);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc")]
    private static partial void* memset(void* address, int value, nuint length);

    [LibraryImport("libc")]
    [DoesNotReturn]
    private static partial void abort();
}
