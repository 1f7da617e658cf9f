namespace Carnelian.Tests;

public sealed class EvictionPoolTests
{
    private EvictionPool _pool = null!;

    [SetUp]
    public void MakePool() => _pool = new();

    private void Offer(ulong score, string key, int database = 0) => _pool.Offer(score, database, new(KeyspaceRig.Bytes(key), Hash(key), 0));

    private static ulong Hash(string key) => key.Aggregate(1UL, (hash, letter) => (hash ^ letter) * 0x9e3779b97f4a7c15UL);

    private string Take()
    {
        if (!_pool.TryTake(out var score, out var database, out var key)) return "none";
        Assert.That(key.Hash, Is.EqualTo(Hash(KeyspaceRig.Text(key.Bytes))));
        return $"{database} {KeyspaceRig.Text(key.Bytes)} {score}";
    }

    [Test]
    public void The_best_comes_first()
    {
        Offer(5, "b");
        Offer(9, "a", database: 3);
        Offer(1, "c");
        Assert.That(new[] { Take(), Take(), Take(), Take() }, Is.EqualTo(new[] { "3 a 9", "0 b 5", "0 c 1", "none" }));
    }

    [Test]
    public void Of_more_than_fit_the_worst_is_lost()
    {
        for (var i = 0; i < 100; i++) Offer((ulong)(i * 37 % 100), $"key{i}");
        Assert.That(_pool.Wants(84), Is.False);
        Assert.That(_pool.Wants(85));
        for (var score = 99; score >= 84; score--) Assert.That(Take(), Does.EndWith($" {score}"));
        Assert.That(Take(), Is.EqualTo("none"));
    }

    [Test]
    public void A_key_is_there_once_with_its_latest_score()
    {
        Offer(5, "a");
        Assert.That(Take(), Is.EqualTo("0 a 5"));
        Offer(6, "a");
        Offer(7, "a");
        Offer(2, "a");
        Offer(3, "a", database: 1);
        Assert.That(new[] { Take(), Take(), Take() }, Is.EqualTo(new[] { "1 a 3", "0 a 2", "none" }));
    }

    [Test]
    public void Keys_of_other_lengths_take_each_other_s_places()
    {
        for (var i = 0; i < 200; i++) Offer((ulong)i, new string((char)('a' + i % 26), 1 + i * 31 % 3000));
        for (var i = 199; i > 199 - EvictionPool.Size; i--) Assert.That(Take(), Is.EqualTo($"0 {new string((char)('a' + i % 26), 1 + i * 31 % 3000)} {i}"));
    }
}
