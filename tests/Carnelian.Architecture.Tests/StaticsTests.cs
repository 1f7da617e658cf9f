using System.Reflection;
using System.Runtime.CompilerServices;

namespace Carnelian.Tests;

/// <summary>All state hangs on one Server: many of them live in one process.</summary>
public class StaticsTests
{
    private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Test]
    public void No_static_field_can_change()
    {
        var offenders = Types().SelectMany(type => type.GetFields(Statics))
            .Where(field => !field.IsLiteral && (!field.IsInitOnly || IsGrowing(field.FieldType)))
            .Select(field => $"{field.DeclaringType}.{field.Name}");
        Assert.That(offenders, Is.Empty);
    }

    /// <summary>Compilers cache delegates and constants in classes of their own.</summary>
    private static IEnumerable<Type> Types() => Repository.Assemblies
        .SelectMany(assembly => Assembly.LoadFrom(assembly.Assembly).GetTypes())
        .Where(type => !IsGenerated(type));

    private static bool IsGenerated(Type? type) =>
        type is not null && (type.IsDefined(typeof(CompilerGeneratedAttribute)) || type.Name.StartsWith('<') || IsGenerated(type.DeclaringType));

    /// <summary>Collections made for change; tables that never change are arrays or frozen.</summary>
    private static bool IsGrowing(Type type) =>
        type.Namespace == "System.Collections.Concurrent"
        || (type.Namespace == "System.Collections.Generic" && type is { IsInterface: false, IsGenericType: true }
            && typeof(System.Collections.IEnumerable).IsAssignableFrom(type));
}
