using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Carnelian.Tests;

/// <summary>
/// Time, chance, files, network and threads come from the World alone, so that a whole cluster can be replayed from one
/// seed. Looks at what the compiled assemblies refer to.
/// </summary>
public class AmbientTests
{
    /// <summary>World is the seam itself; the executable makes the real one.</summary>
    private static readonly string[] _free = ["Carnelian.World", "Carnelian"];

    /// <summary>Types that nothing else may name; a trailing dot stands for a whole namespace.</summary>
    private static readonly string[] _types =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo",
        "System.IO.RandomAccess", "System.IO.FileSystemWatcher", "System.IO.MemoryMappedFiles.", "System.IO.Pipes.",
        "System.Net.Sockets.", "System.Net.Dns", "System.Net.Http.", "System.Net.NetworkInformation.",
        "System.Random", "System.Security.Cryptography.RandomNumberGenerator",
        "System.Diagnostics.Stopwatch", "System.Diagnostics.Process", "System.TimeProvider",
        "System.Threading.Thread", "System.Threading.ThreadPool", "System.Threading.Timer", "System.Threading.PeriodicTimer", "System.Timers.",
        "System.Threading.Tasks.", "System.Threading.ThreadLocal`1", "System.Threading.AsyncLocal`1", "System.ThreadStaticAttribute",
    ];

    private static readonly string[] _members =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now",
        "System.DateTimeOffset.get_UtcNow", "System.Environment.get_TickCount", "System.Environment.get_TickCount64", "System.Guid.NewGuid",
        "System.Guid.CreateVersion7", "System.IO.Path.GetTempPath", "System.IO.Path.GetTempFileName", "System.IO.Path.GetRandomFileName",
        "System.IO.Path.GetFullPath", "System.Threading.CancellationTokenSource.CancelAfter",
    ];

    /// <summary>Exceptions: "project: type or member" and why it harms no simulation.</summary>
    private static readonly Dictionary<string, string> _allowed = new()
    {
        ["Carnelian.Server: System.Net.Sockets.AddressFamily"] = "what tells the two kinds of IPAddress apart",
        ["Carnelian.Server: System.Net.Sockets.UnixDomainSocketEndPoint"] = "an address, like IPEndPoint: what is done with it goes through the World's network",
        // Kestrel calls by tasks, on threads of the pool. Beside the server, not in it: no simulation has HTTP, and what is asked of the command thread is posted to it.
        ["Carnelian.Http: System.Threading.Tasks.Task"] = "how Kestrel asks",
        ["Carnelian.Http: System.Threading.Tasks.Task`1"] = "an answer of the command thread that several wait for",
        ["Carnelian.Http: System.Threading.Tasks.TaskCompletionSource`1"] = "how the command thread answers",
        ["Carnelian.Http: System.Threading.Tasks.TaskCreationOptions"] = "so that who waits goes on elsewhere than on the command thread",
        ["Carnelian.Http: System.Threading.Tasks.ValueTask`1"] = "a page, most of which are there at once",
    };

    [Test]
    public void Nothing_but_the_World_touches_the_outside()
    {
        Assert.That(Uses().Where(use => !_allowed.ContainsKey(use)), Is.Empty);
    }

    [Test]
    public void Every_exception_is_still_needed_and_says_why()
    {
        Assert.That(_allowed.Keys, Is.SubsetOf(Uses()));
        Assert.That(_allowed.Values, Has.None.Empty);
    }

    /// <summary>The examination would pass over everything if it found nothing where there is something.</summary>
    [Test]
    public void The_examination_sees_what_this_very_assembly_does()
    {
        var uses = References(typeof(AmbientTests).Assembly.Location).Where(IsForbidden);
        Assert.That(uses, Does.Contain("System.IO.File").And.Contain("System.DateTime.get_UtcNow"));
        Assert.That(DateTime.UtcNow, Is.GreaterThan(default(DateTime)));
    }

    private static string[] Uses() =>
    [
        .. Repository.Assemblies.Where(assembly => !_free.Contains(assembly.Project))
            .SelectMany(assembly => References(assembly.Assembly).Where(IsForbidden).Select(name => $"{assembly.Project}: {name}")),
    ];

    private static bool IsForbidden(string name) =>
        _members.Contains(name) || _types.Any(type => type.EndsWith('.') ? name.StartsWith(type) && !name[type.Length..].Contains('.') : name == type);

    /// <summary>Full names of referenced types, and of members as "type.member".</summary>
    private static List<string> References(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        var names = metadata.TypeReferences.Select(handle => FullName(metadata, handle)).ToList();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
                names.Add($"{FullName(metadata, (TypeReferenceHandle)member.Parent)}.{metadata.GetString(member.Name)}");
        }
        return names;
    }

    private static string FullName(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
