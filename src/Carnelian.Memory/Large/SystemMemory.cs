using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The seam to the operating system's memory: reserve, commit, purge, map, release. Addresses and lengths are
/// whole pages. Every member may be called on any thread.
/// </summary>
public static unsafe partial class SystemMemory
{
    /// <summary>The system's page size in bytes: 4096 on x64, up to 65536 elsewhere.</summary>
    public static readonly nint PageBytes = Environment.SystemPageSize;

    public static nint RoundToPages(nint bytes) => (bytes + PageBytes - 1) & -PageBytes;

    /// <summary>Unmaps a region that <see cref="Map"/> or <see cref="TryReserve"/> returned: memory and addresses go back.</summary>
    public static void Release(nint address, nint length)
    {
        if (OperatingSystem.IsWindows())
        {
            Check.That(Windows.VirtualFree((void*)address, 0, Windows.Release) != 0);
            return;
        }
        // Cutting a hole may need one mapping more than vm.max_map_count allows. Then at least the memory goes back.
        if (Unix.Unmap((void*)address, (nuint)length) != 0) Purge(address, length);
    }

    /// <summary>Has the system put memory behind committed pages; contents stay as they are, whoever else uses them meanwhile.</summary>
    public static void Prefault(nint address, nint length)
    {
        for (var page = address; page < address + length; page += PageBytes) Interlocked.Or(ref *(int*)page, 0);
    }

    /// <summary>As <see cref="Prefault"/> of pages that are about to be written to, at once: dearer than one fault, cheaper than sixteen. Where the system cannot, they fault one by one.</summary>
    internal static void Populate(nint address, nint length)
    {
        if (OperatingSystem.IsLinux()) _ = Unix.Advise((void*)address, (nuint)length, Unix.PopulateWrite);
    }

    /// <summary>Addresses without memory behind them, or 0 when the system does not grant as many.</summary>
    internal static nint TryReserve(nint length)
    {
        if (OperatingSystem.IsWindows())
            return (nint)Windows.VirtualAlloc(null, (nuint)length, Windows.Reserve, Windows.NoAccess);
        return UnixMap(0, length, Unix.NoAccess, Unix.Private | Unix.Anonymous | Unix.NoReserve);
    }

    /// <summary>Makes reserved addresses readable and writable, and zero where they were not already; memory comes on first touch.</summary>
    internal static void Commit(nint address, nint length)
    {
        var granted = OperatingSystem.IsWindows()
            ? Windows.VirtualAlloc((void*)address, (nuint)length, Windows.Commit, Windows.ReadWrite) != null
            : Unix.Protect((void*)address, (nuint)length, Unix.ReadWrite) == 0;
        if (!granted) ThrowOutOfMemory(length);
    }

    /// <summary>Gives the memory behind committed pages back; they stay usable and read as zero.</summary>
    internal static void Purge(nint address, nint length)
    {
        if (OperatingSystem.IsLinux())
        {
            Check.That(Unix.Advise((void*)address, (nuint)length, Unix.DontNeed) == 0);
        }
        else if (OperatingSystem.IsWindows())
        {
            Check.That(Windows.VirtualFree((void*)address, (nuint)length, Windows.Decommit) != 0);
            Commit(address, length);
        }
        else
        {
            // MADV_DONTNEED is only a hint outside Linux; a new mapping in place is not.
            Check.That(UnixMap(address, length, Unix.ReadWrite, Unix.Private | Unix.Anonymous | Unix.Fixed) == address);
        }
    }

    /// <summary>A fresh region of zeroes, untouched: memory comes on first touch.</summary>
    internal static nint Map(nint length)
    {
        var address = OperatingSystem.IsWindows()
            ? (nint)Windows.VirtualAlloc(null, (nuint)length, Windows.Reserve | Windows.Commit, Windows.ReadWrite)
            : UnixMap(0, length, Unix.ReadWrite, Unix.Private | Unix.Anonymous);
        if (address == 0) ThrowOutOfMemory(length);
        return address;
    }

    /// <summary>Asks for huge pages where the system has them on request; a refusal changes nothing but speed.</summary>
    internal static void PreferHugePages(nint address, nint length)
    {
        if (OperatingSystem.IsLinux()) _ = Unix.Advise((void*)address, (nuint)length, Unix.HugePage);
    }

    /// <summary>Keeps huge pages away also where the system gives them to everybody.</summary>
    internal static void AvoidHugePages(nint address, nint length)
    {
        if (OperatingSystem.IsLinux()) _ = Unix.Advise((void*)address, (nuint)length, Unix.NoHugePage);
    }

    [DoesNotReturn]
    internal static void ThrowOutOfMemory(nint bytes) => throw new OutOfMemoryException($"Allocating {bytes} bytes!");

    private static nint UnixMap(nint address, nint length, int protection, int flags)
    {
        var mapped = Unix.Map((void*)address, (nuint)length, protection, flags, -1, 0);
        return (nint)mapped == -1 ? 0 : (nint)mapped;
    }

    private static partial class Unix
    {
        public const int NoAccess = 0, ReadWrite = 3;
        public const int Private = 2, Fixed = 0x10;
        public const int DontNeed = 4, HugePage = 14, NoHugePage = 15, PopulateWrite = 23;

        public static int Anonymous => OperatingSystem.IsLinux() ? 0x20 : 0x1000;

        public static int NoReserve => OperatingSystem.IsLinux() ? 0x4000 : 0x40;

        [LibraryImport("libc", EntryPoint = "mmap")]
        public static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        public static partial int Unmap(void* address, nuint length);

        [LibraryImport("libc", EntryPoint = "mprotect")]
        public static partial int Protect(void* address, nuint length, int protection);

        [LibraryImport("libc", EntryPoint = "madvise")]
        public static partial int Advise(void* address, nuint length, int advice);
    }

    private static partial class Windows
    {
        public const uint Commit = 0x1000, Reserve = 0x2000, Decommit = 0x4000, Release = 0x8000;
        public const uint NoAccess = 1, ReadWrite = 4;

        [LibraryImport("kernel32")]
        public static partial void* VirtualAlloc(void* address, nuint length, uint type, uint protection);

        [LibraryImport("kernel32")]
        public static partial int VirtualFree(void* address, nuint length, uint type);
    }
}
