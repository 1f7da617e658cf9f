using System.Text;

namespace Carnelian.Tests;

public class CommonSubsequenceTests
{
    private BlockAllocator _allocator = null!;

    [SetUp]
    public void SetUp() => _allocator = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 });

    [TearDown]
    public void TearDown() => _allocator.Dispose();

    private (int Length, List<CommonRun> Runs) Find(string first, string second)
    {
        var common = new CommonSubsequence(_allocator, Encoding.Latin1.GetBytes(first), Encoding.Latin1.GetBytes(second), withRuns: true);
        var runs = new List<CommonRun>();
        while (common.NextRun(out var run)) runs.Add(run);
        common.Rewind();
        foreach (var expected in runs)
        {
            Assert.That(common.NextRun(out var again));
            Assert.That(again, Is.EqualTo(expected), "the way back can be gone twice");
        }
        common.Dispose();
        var lengthOnly = new CommonSubsequence(_allocator, Encoding.Latin1.GetBytes(first), Encoding.Latin1.GetBytes(second), withRuns: false);
        lengthOnly.Dispose();
        Assert.That(lengthOnly.Length, Is.EqualTo(common.Length));
        return (common.Length, runs);
    }

    [Test]
    public void Runs_come_from_the_ends_to_the_beginnings()
    {
        var (length, runs) = Find("ohmytext", "mynewtext");
        Assert.That(length, Is.EqualTo(6));
        Assert.That(runs, Is.EqualTo(new CommonRun[] { new(4, 5, 4), new(2, 0, 2) }));
    }

    [TestCase("", ""), TestCase("", "abc"), TestCase("abc", ""), TestCase("abc", "xyz")]
    public void Without_anything_in_common_there_is_no_run(string first, string second)
    {
        Assert.That(Find(first, second).Length, Is.Zero);
        Assert.That(Find(first, second).Runs, Is.Empty);
    }

    [TestCase(1), TestCase(63), TestCase(64), TestCase(65), TestCase(128), TestCase(1000)]
    public void A_string_has_all_in_common_with_itself(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)(i * 7 % 256)));
        Assert.That(Find(text, text).Runs, Is.EqualTo(new CommonRun[] { new(0, 0, length) }));
    }

    /// <summary>Redis' own matrix and way back, cell by cell.</summary>
    [TestCase(1, 4, 2), TestCase(2, 20, 2), TestCase(3, 70, 3), TestCase(4, 200, 4), TestCase(5, 300, 26), TestCase(6, 140, 1)]
    public void Random_strings_have_the_same_in_common_as_by_the_matrix(int seed, int lengthMax, int letters)
    {
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            var (first, second) = (Draw(), Draw());
            var (length, runs) = Find(first, second);
            var (expectedLength, expectedRuns) = ByMatrix(first, second);
            Assert.That(length, Is.EqualTo(expectedLength), $"{first} and {second}");
            Assert.That(runs, Is.EqualTo(expectedRuns), $"{first} and {second}");
        }

        string Draw() => string.Concat(Enumerable.Range(0, random.Next(lengthMax + 1)).Select(_ => (char)('a' + random.Next(letters))));
    }

    private static (int Length, List<CommonRun> Runs) ByMatrix(string first, string second)
    {
        var lengths = new int[first.Length + 1, second.Length + 1];
        for (var i = 1; i <= first.Length; i++)
        {
            for (var j = 1; j <= second.Length; j++)
                lengths[i, j] = first[i - 1] == second[j - 1] ? lengths[i - 1, j - 1] + 1 : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
        }
        var runs = new List<CommonRun>();
        var length = 0;
        int x = first.Length, y = second.Length;
        while (x > 0 && y > 0)
        {
            var isEqual = first[x - 1] == second[y - 1];
            if (isEqual)
            {
                x--;
                y--;
                length++;
            }
            if (length > 0 && (!isEqual || x == 0 || y == 0))
            {
                runs.Add(new(x, y, length));
                length = 0;
            }
            if (isEqual) continue;
            if (lengths[x - 1, y] > lengths[x, y - 1]) x--;
            else y--;
        }
        return (lengths[first.Length, second.Length], runs);
    }
}
