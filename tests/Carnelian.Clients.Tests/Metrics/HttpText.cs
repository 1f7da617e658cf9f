using System.Globalization;

namespace Carnelian.Tests;

/// <summary>What an HTTP server on loopback answers.</summary>
internal static class HttpText
{
    public static string Get(int port, string path)
    {
        using var client = new HttpClient { Timeout = Patience.OfPrograms };
        using var answer = client.Send(new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}"));
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    /// <summary>Null: nobody is there yet.</summary>
    public static string? TryGet(int port, string path)
    {
        try
        {
            return Get(port, path);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>The values of a text of Prometheus, by name and labels.</summary>
    public static Dictionary<string, double> Samples(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')
        .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
