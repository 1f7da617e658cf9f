namespace Carnelian.Tests;

/// <summary>Commands as an append-only file has them; one char per byte.</summary>
internal static class AofText
{
    public static string Command(params string[] words) => $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
}
