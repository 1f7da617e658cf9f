using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Carnelian.Tests;

/// <summary>The sources that the tests were built from.</summary>
internal static partial class Repository
{
    /// <summary>Runs inside the compiler and is no part of the program.</summary>
    private const string Generators = "Carnelian.Generators";

    /// <summary>Projects under src that the program is made of: name to path of the csproj.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } =
        Directory.GetFiles(SourceTree.PathOf("src"), "*.csproj", SearchOption.AllDirectories)
            .Where(path => Path.GetFileNameWithoutExtension(path) != Generators)
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path), path => path);

    /// <summary>Compiled assemblies of the projects under src, by project name.</summary>
    public static IEnumerable<(string Project, string Assembly)> Assemblies =>
        Projects.Select(project => (project.Key, Path.Combine(AppContext.BaseDirectory, AssemblyName(project.Value) + ".dll")));

    /// <summary>C# files below a folder of the repository, without what builds generate.</summary>
    public static IEnumerable<string> Sources(string folder) =>
        Directory.GetFiles(SourceTree.PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !Relative(path).Split('/').Any(part => part is "obj" or "bin"));

    public static string Relative(string path) => Path.GetRelativePath(SourceTree.Root, path).Replace('\\', '/');

    /// <summary>The name of the project that a file under src belongs to.</summary>
    public static string ProjectOf(string path) => Relative(path).Split('/')[1];

    /// <summary>Code without comments and literals, so that a word in prose is not taken for a use.</summary>
    public static string Code(string path) => CommentOrLiteral().Replace(File.ReadAllText(path), "\"\"");

    private static string AssemblyName(string csproj) =>
        XDocument.Load(csproj).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(csproj);

    [GeneratedRegex("""""
        //[^\n]* | /\*.*?\*/ | "{3,}.*?"{3,} | [$]*@[$]*"(?:[^"]|"")*" | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+'
        """"", RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentOrLiteral();
}
