using System.Reflection;

namespace Carnelian.Tests;

/// <summary>What an application sees of the server that lives in it, beside what its options are made of on the floors below.</summary>
public class PublicSurfaceTests
{
    [Test]
    public void The_server_shows_what_an_embedding_application_uses_and_nothing_else()
    {
        var server = Repository.Assemblies.Single(assembly => assembly.Project == "Carnelian.Server").Assembly;
        Assert.That(Assembly.LoadFrom(server).GetExportedTypes().Select(type => type.Name), Is.EquivalentTo(new[]
        {
            "EmbeddedServer", "EmbeddedSession", "Release", "ServerOptions", "LogLevelName", "OomScoreMode", "ProtectedAction", "ShutdownFlags", "SupervisedMode",
            "SyslogFacility",
        }));
    }
}
