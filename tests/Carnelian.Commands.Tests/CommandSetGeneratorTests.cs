extern alias generators;
using generators::Carnelian;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Carnelian.Tests;

public sealed class CommandSetGeneratorTests
{
    private const string Set = "public sealed partial class Xs : Carnelian.CommandSet; ";

    [Test]
    public void A_good_declaration_compiles()
    {
        var (errors, source) = Generate("""
            using Carnelian;
            public sealed partial class Xs : CommandSet;
            [CommandFamily("string")] [Command("BOX", Since = "1.0.0")]
            internal static class Family
            {
                [Command("GET", Summary = "Says \"get\".", Flags = CommandFlags.ReadOnly, Keys = "1 RO access", Arguments = "key")]
                [Command("BOX GET", Arguments = "[x]")]
                internal static void Get(ref Call call) { }
            }
            """);
        Assert.That(errors, Is.Empty);
        Assert.That(source, Does.Contain("""commands.Add("get", new global::Carnelian.CommandHandler(global::Family.Get), 2, 0x2u, 0x80ul, "1 RO access");"""));
        Assert.That(source, Does.Contain("""commands.Add("box", null, -2, 0x0u, 0x0ul, null);"""));
        Assert.That(source, Does.Contain("""commands.Add("box|get", new global::Carnelian.CommandHandler(global::Family.Get), -2, 0x0u, 0x80ul, null);"""));
        Assert.That(source, Does.Contain("""summary: Says \"get\".\ngroup: string\narguments: key\n"""));
    }

    [TestCase("""[Command("get", Group = "string")]""", "Command get: a name is one or two words of at most 32 upper-case letters, digits, '-' and '_'")]
    [TestCase("""[Command("A B C", Group = "string")]""", "Command A B C: a name is one or two words of at most 32 upper-case letters, digits, '-' and '_'")]
    [TestCase("""[Command("GET")]""", "Command GET: there is no group '': set Group, or [CommandFamily] on the class")]
    [TestCase("""[Command("GET", Group = "strings")]""", "Command GET: there is no group 'strings': set Group, or [CommandFamily] on the class")]
    [TestCase("""[Command("GET", Group = "string", Categories = "red")]""", "Command GET: there is no ACL category 'red'")]
    [TestCase("""[Command("GET", Group = "string", Keys = "1 XX")]""", "Command GET: key spec '1 XX': there is no flag 'XX'")]
    [TestCase("""[Command("GET", Group = "string", Arguments = "[key")]""", "Command GET: arguments, at the end: 'key' is a key, but the command has no key specs")]
    [TestCase("""[Command("GET", Group = "string", Arguments = "[a")]""", "Command GET: arguments, at the end: ']' expected")]
    [TestCase("""[Command("GET", Group = "string", KeysFrom = "None")]""", "Command GET: neither F nor Carnelian.KeyExtractors has a 'static bool None(Arguments arguments, ref KeyRanges keys)'")]
    [TestCase("""[Command("GET", Group = "string", History = new[] { "once upon a time: it was" })]""", "Command GET: history entry 'once upon a time: it was' is not \"version: change\"")]
    [TestCase("""[Command("GET", Group = "string", Flags = CommandFlags.MovableKeys)]""", "Command GET: MovableKeys follows from Keys and is not declared")]
    [TestCase("""[Command("GET", Group = "string", Summary = "a\nb")]""", "Command GET: the summary holds a control character")]
    public void A_wrong_declaration_is_an_error(string attribute, string message) =>
        Assert.That(Generate($"using Carnelian; {Set} static class F {{ {attribute} internal static void Get(ref Call call) {{ }} }}").Errors, Is.EqualTo(new[] { message }));

    [TestCase("internal static int Get(ref Call call) => 0;")]
    [TestCase("internal static void Get(Call call) { }")]
    [TestCase("internal static void Get(ref int call) { }")]
    [TestCase("private static void Get(ref Call call) { }")]
    [TestCase("internal static void Get<T>(ref Call call) { }")]
    [TestCase("internal void Get(ref Call call) { }")]
    public void A_handler_of_another_signature_is_an_error(string handler) =>
        Assert.That(
            Generate($"using Carnelian; {Set} class F {{ [Command(\"GET\", Group = \"string\")] {handler} }}").Errors,
            Is.EqualTo(new[] { "Command GET: the handler 'Get' is not an internal or public 'static void Get(ref Call call)'" }));

    [Test]
    public void A_command_declared_twice_is_an_error_at_the_second()
    {
        const string Handler = "[Command(\"GET\", Group = \"string\")] internal static void ";
        var (errors, source) = Generate($"using Carnelian; {Set} static class F {{ {Handler} A(ref Call call) {{ }} {Handler} B(ref Call call) {{ }} }}");
        Assert.That(errors, Is.EqualTo(new[] { "Command GET is declared twice" }));
        Assert.That(source, Does.Contain("F.A").And.Not.Contain("F.B"));
    }

    [TestCase("", "none")]
    [TestCase(Set + "public sealed partial class Ys : Carnelian.CommandSet; ", "several")]
    public void An_assembly_has_one_set(string sets, string has) =>
        Assert.That(
            Generate($"using Carnelian; {sets} static class F {{ [Command(\"GET\", Group = \"string\")] internal static void Get(ref Call call) {{ }} }}").Errors[0],
            Does.EndWith("this one has " + has));

    [Test]
    public void An_edit_elsewhere_does_not_run_the_writing_again()
    {
        var compilation = Compile($"using Carnelian; {Set} static class F {{ [Command(\"GET\", Group = \"string\")] internal static void Get(ref Call call) {{ }} }}");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new CommandSetGenerator().AsSourceGenerator()], driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(compilation);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Elsewhere { }")));
        var outputs = driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs);
        Assert.That(outputs.Select(output => output.Reason), Has.All.EqualTo(IncrementalStepRunReason.Cached));
    }

    private static CSharpCompilation Compile(string source)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is "System.Runtime.dll" or "System.Private.CoreLib.dll" or "System.Memory.dll")
            .Append(typeof(CommandSet).Assembly.Location).Append(typeof(ReplyWriter).Assembly.Location);
        return CSharpCompilation.Create(
            "Declares", [CSharpSyntaxTree.ParseText(source)], references.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
    }

    /// <summary>What the generator complains of, else what the compiler does of the whole; and the generated source.</summary>
    private static (string[] Errors, string Source) Generate(string source)
    {
        var driver = CSharpGeneratorDriver.Create(new CommandSetGenerator()).RunGeneratorsAndUpdateCompilation(Compile(source), out var whole, out var complaints);
        if (complaints.IsEmpty) complaints = [.. whole.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
        return ([.. complaints.Select(diagnostic => diagnostic.GetMessage())], string.Concat(driver.GetRunResult().GeneratedTrees));
    }
}
