using System.Text;

namespace Carnelian.Tests;

public sealed class PackedScoresTests
{
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Add(byte[] packed, string member, double score)
    {
        var before = new PackedScores(packed);
        var splice = before.Insert(Bytes(member), score, new(new byte[member.Length + PackedScores.OverheadMax]));
        var made = new byte[packed.Length + splice.LengthChange];
        splice.CopyTo(new(packed), made);
        return made;
    }

    /// <summary>As Redis 8.0.6 has it: DUMP of ZADD z 1.5 b 2 a -7 10 1e300 c, without RDB's parts.</summary>
    [Test]
    public void Bytes_are_those_of_Redis()
    {
        var packed = PackedScores.Empty.Bytes.ToArray();
        packed = Add(packed, "b", 1.5);
        packed = Add(packed, "a", 2);
        packed = Add(packed, "10", -7);
        packed = Add(packed, "c", 1e300);
        var list = new PackedList(packed);
        var written = new byte[list.ListPackLength];
        list.WriteListPack(written);
        Assert.That(Convert.ToHexStringLower(written), Is.EqualTo("24000000" + "0800" + "0a01" + "dff902" + "816202" + "83312e3504" + "816102" + "0201" + "816302" + "8631652b33303007" + "ff"));
    }

    [Test]
    public void Random_changes_agree_with_an_ordered_list([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var packed = PackedScores.Empty.Bytes.ToArray();
        var model = new List<(double Score, string Member)>();
        for (var turn = 0; turn < 400; turn++)
        {
            var member = random.Next(3) == 0 ? $"{random.Next(-20, 200)}" : $"m{random.Next(40)}";
            var score = random.Next(4) == 0 ? random.NextDouble() * 10 : random.Next(5);
            var at = new PackedScores(packed).Find(Bytes(member));
            var index = model.FindIndex(pair => pair.Member == member);
            Assert.That(at.Exists, Is.EqualTo(index >= 0));
            if (index >= 0)
            {
                Assert.That(new PackedScores(packed).RankOf(at), Is.EqualTo(index));
                Assert.That(PackedScores.ScoreOf(at.Value), Is.EqualTo(model[index].Score));
                model.RemoveAt(index);
                var splice = new PackedScores(packed).Remove(at);
                if (random.Next(2) == 0 && new PackedScores(packed).KeepsPlace(at, Bytes(member), score))
                {
                    splice = new PackedScores(packed).SetScore(at, score, new(new byte[PackedScores.OverheadMax]));
                    model.Add((score, member));
                }
                var made = new byte[packed.Length + splice.LengthChange];
                splice.CopyTo(new(packed), made);
                packed = made;
            }
            else
            {
                packed = Add(packed, member, score);
                model.Add((score, member));
            }
            model.Sort((one, other) => one.Score != other.Score ? one.Score.CompareTo(other.Score) : string.CompareOrdinal(one.Member, other.Member));
            Assert.That(Walked(packed, backward: false), Is.EqualTo(model));
            Assert.That(Walked(packed, backward: true), Is.EqualTo(model.AsEnumerable().Reverse()));
        }
    }

    private static List<(double, string)> Walked(byte[] packed, bool backward)
    {
        var set = new PackedScores(packed);
        var walked = new List<(double, string)>();
        var digits = new byte[PackedElement.IntegerTextMax];
        if (set.Count == 0) return walked;
        for (var walk = set.From(backward ? set.Count - 1 : 0, backward); walk.MoveNext();) walked.Add((walk.Score, Encoding.Latin1.GetString(walk.Member.Text(digits))));
        return walked;
    }
}
