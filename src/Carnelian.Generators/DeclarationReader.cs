using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Carnelian;

/// <summary>Reads the <c>[Command]</c> attributes of one method or class, checks them and makes texts of them.</summary>
internal static class DeclarationReader
{
    public const string AttributeName = "Carnelian.CommandAttribute";

    private const string ExtractorsName = "Carnelian.KeyExtractors";

    private const uint ModuleFlag = 1 << 3, MovableKeysFlag = 1 << 18;

    /// <summary>The groups of Redis' documentation.</summary>
    private static readonly string[] _groups =
        ["generic", "string", "list", "set", "sorted-set", "hash", "pubsub", "transactions", "connection", "server", "scripting", "hyperloglog",
            "cluster", "sentinel", "geo", "stream", "bitmap", "module"];

    public static ImmutableArray<Declaration> Read(GeneratorAttributeSyntaxContext target)
    {
        var declarations = ImmutableArray.CreateBuilder<Declaration>(target.Attributes.Length);
        foreach (var attribute in target.Attributes)
        {
            var place = Place.Of(attribute.ApplicationSyntaxReference?.GetSyntax());
            var name = attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string ?? "" : "";
            try
            {
                var values = new Values(attribute);
                var (registration, document) = ReadOne(name, values, target.TargetSymbol, target.SemanticModel.Compilation);
                declarations.Add(new(name, registration, document, null, place));
            }
            catch (FormatException wrong)
            {
                declarations.Add(new(name, "", "", wrong.Message, place));
            }
        }
        return declarations.MoveToImmutable();
    }

    private static (string Registration, string Document) ReadOne(string name, Values values, ISymbol target, Compilation compilation)
    {
        CheckName(name);
        var method = target as IMethodSymbol;
        if (method is not null) CheckSignature(method);
        var family = method?.ContainingType ?? (INamedTypeSymbol)target;

        var module = values.Text("Module");
        var group = module is null ? values.Text("Group") ?? FamilyGroup(family) : "module";
        if (Array.IndexOf(_groups, group) < 0) throw new FormatException($"there is no group '{group}': set Group, or [CommandFamily] on the class");

        var flags = values.Number("Flags");
        if ((flags & MovableKeysFlag) != 0) throw new FormatException("MovableKeys follows from Keys and is not declared");
        if (module is not null) flags |= ModuleFlag;
        var declaredCategories = values.Text("Categories");
        var categories = declaredCategories is not null ? AclCategoryNames.Parse(declaredCategories)
            : method is not null && module is null ? AclCategoryNames.OfGroup(group!) : AclCategories.None;

        var keys = values.Text("Keys");
        var specs = KeySpec.ParseAll(keys);
        var arguments = values.Text("Arguments");
        var arity = (int)values.Number("Arity");
        var derived = ArgumentSyntax.ArityOf(ArgumentSyntax.Parse(arguments, specs.Length), name.Split(' ').Length);
        if (arity == 0) arity = method is null ? -2 : derived;

        var fullName = name.Replace(' ', '|');
        if (module is null) fullName = fullName.ToLowerInvariant();
        var registration = new StringBuilder();
        registration.Append(Literal(fullName)).Append(", ");
        registration.Append(method is null ? "null" : $"new global::Carnelian.CommandHandler({Reference(method.ContainingType, method.Name)})");
        registration.Append(FormattableString.Invariant($", {arity}, 0x{flags:x}u, 0x{(ulong)categories:x}ul"));
        registration.Append(", ").Append(keys is null ? "null" : Literal(keys));
        if (values.Text("KeysFrom") is { } extractor)
        {
            var owner = ExtractorOwner(family, extractor, compilation);
            registration.Append($", new global::Carnelian.KeyExtractor({Reference(owner, extractor)})");
        }
        return (registration.ToString(), Document(values, group!, arguments, module));
    }

    private static string? FamilyGroup(INamedTypeSymbol family)
    {
        foreach (var attribute in family.GetAttributes())
            if (attribute.AttributeClass?.Name == "CommandFamilyAttribute" && attribute.ConstructorArguments.Length == 1)
                return attribute.ConstructorArguments[0].Value as string;
        return null;
    }

    /// <summary>The lines that CommandDocumentation reads.</summary>
    private static string Document(Values values, string group, string? arguments, string? module)
    {
        var text = new StringBuilder();
        Line(text, "tips", values.Text("Tips"));
        Line(text, "summary", values.Text("Summary"));
        Line(text, "since", values.Text("Since"));
        Line(text, "group", group);
        Line(text, "complexity", values.Text("Complexity"));
        Line(text, "module", module);
        Line(text, "syscmd", values.True("System") ? "yes" : null);
        Line(text, "deprecated_since", values.Text("DeprecatedSince"));
        Line(text, "replaced_by", values.Text("ReplacedBy"));
        foreach (var entry in values.Texts("History"))
        {
            var colon = entry.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0 || entry.IndexOf(' ') < colon) throw new FormatException($"history entry '{entry}' is not \"version: change\"");
            Line(text, "history", entry);
        }
        Line(text, "arguments", arguments);
        return text.ToString();
    }

    private static void Line(StringBuilder text, string name, string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        foreach (var c in value!)
            if (char.IsControl(c))
                throw new FormatException($"the {name} holds a control character");
        text.Append(name).Append(": ").Append(value).Append('\n');
    }

    private static void CheckName(string name)
    {
        var words = name.Split(' ');
        var right = words.Length is 1 or 2;
        foreach (var word in words)
        {
            right &= word.Length is > 0 and <= 32;
            foreach (var c in word) right &= c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_';
        }
        if (!right) throw new FormatException("a name is one or two words of at most 32 upper-case letters, digits, '-' and '_'");
    }

    private static void CheckSignature(IMethodSymbol method)
    {
        if (!method.IsStatic || !method.ReturnsVoid || method.IsGenericMethod || !IsVisible(method)
            || method.Parameters.Length != 1 || method.Parameters[0] is not { RefKind: RefKind.Ref, Type.Name: "Call" })
            throw new FormatException($"the handler '{method.Name}' is not an internal or public 'static void {method.Name}(ref Call call)'");
    }

    /// <summary>The class of the handler or else the one of shared extractors.</summary>
    private static INamedTypeSymbol ExtractorOwner(INamedTypeSymbol family, string name, Compilation compilation)
    {
        foreach (var type in new[] { family, compilation.GetTypeByMetadataName(ExtractorsName) })
            foreach (var member in type?.GetMembers(name) ?? [])
                if (member is IMethodSymbol { IsStatic: true, ReturnType.SpecialType: SpecialType.System_Boolean, Parameters.Length: 2 } method
                    && method.Parameters[1] is { RefKind: RefKind.Ref, Type.Name: "KeyRanges" } && IsVisible(method))
                    return type!;
        throw new FormatException($"neither {family.Name} nor {ExtractorsName} has a 'static bool {name}(Arguments arguments, ref KeyRanges keys)'");
    }

    private static bool IsVisible(ISymbol symbol)
    {
        for (ISymbol? s = symbol; s is not null and not INamespaceSymbol; s = s.ContainingSymbol)
            if (s.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal))
                return false;
        return true;
    }

    private static string Reference(INamedTypeSymbol type, string method) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) + "." + method;

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>The named values of an attribute.</summary>
    private sealed class Values(AttributeData attribute)
    {
        public string? Text(string name) => Find(name).Value as string;

        public bool True(string name) => Find(name).Value is true;

        /// <summary>0 when it is not given.</summary>
        public long Number(string name) => Find(name).Value switch { uint n => n, int n => n, _ => 0 };

        public IEnumerable<string> Texts(string name)
        {
            var value = Find(name);
            if (value.Kind != TypedConstantKind.Array || value.IsNull) yield break;
            foreach (var item in value.Values) yield return item.Value as string ?? "";
        }

        private TypedConstant Find(string name)
        {
            foreach (var pair in attribute.NamedArguments)
                if (pair.Key == name)
                    return pair.Value;
            return default;
        }
    }
}
