using System.Globalization;

namespace Carnelian;

/// <summary>What ps shows for the server: a template whose variables stand in braces.</summary>
internal static class ProcessTitle
{
    public const string DefaultTemplate = "{title} {listen-addr} {server-mode}";

    /// <summary>As Redis judges it: at present and without a title it would show something.</summary>
    public static bool IsTemplate(string template, ServerOptions options) => Expand(template, "", options) is { Length: > 0 };

    /// <param name="title">The name by which the program was called.</param>
    public static string Of(ServerOptions options, string title) => Expand(options.ProcessTitleTemplate, title, options) ?? title;

    /// <returns>Null when a brace does not close or a variable is unknown. "{{" stands for a brace.</returns>
    private static string? Expand(string template, string title, ServerOptions options)
    {
        var text = "";
        while (template.IndexOf('{') is var open and >= 0)
        {
            text += template[..open];
            template = template[(open + 1)..];
            if (template.StartsWith('{'))
            {
                text += '{';
                template = template[1..];
                continue;
            }
            var close = template.IndexOf('}');
            if (close < 0 || ValueOf(template[..close], title, options) is not { } value) return null;
            text += value;
            template = template[(close + 1)..];
        }
        return (text + template).Trim(' ');
    }

    private static string? ValueOf(string variable, string title, ServerOptions options) => variable switch
    {
        "title" => title,
        "listen-addr" when options.Port == 0 => "unixsocket:" + options.UnixSocket,
        "listen-addr" => $"{(options.Bind.Length > 0 ? options.Bind[0] : "*")}:{options.Port}",
        "server-mode" => "",
        "port" => options.Port.ToString(CultureInfo.InvariantCulture),
        "tls-port" => "0",
        "unixsocket" => options.UnixSocket ?? "",
        "config-file" => options.ConfigurationFile ?? "-",
        _ => null,
    };
}
