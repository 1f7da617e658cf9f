namespace Carnelian.Tests;

public sealed class KeyspaceNotificationsTests
{
    [TestCase("", ""), TestCase("KEA", "AKE"), TestCase("Km", "Km"), TestCase("Elg", "glE"), TestCase("g$lshzxetd", "A"), TestCase("$$KK", "$K")]
    [TestCase("An", "A"), TestCase("n", "n"), TestCase("dtexzhsl$gnmEK", "AKEm")]
    public void Letters_are_put_into_the_order_of_Redis(string given, string canonical)
    {
        Assert.That(KeyspaceNotifications.TryParse(given, out var notifications));
        Assert.That(notifications.ToString(), Is.EqualTo(canonical));
    }

    [Test]
    public void A_stands_for_all_but_misses_and_new_keys()
    {
        Assert.That(KeyspaceNotifications.TryParse("A", out var all));
        Assert.That(all.Classes, Is.EqualTo((KeyspaceEventClass)((2 * (int)KeyspaceEventClass.New) - 1) & ~(KeyspaceEventClass.New | KeyspaceEventClass.KeyMiss)));
        Assert.That(all.ByKey || all.ByEvent, Is.False);
        Assert.That(KeyspaceNotifications.TryParse("An", out var more));
        Assert.That(more.Classes.HasFlag(KeyspaceEventClass.New), "though the canonical form does not tell");
    }

    [Test]
    public void Other_letters_mean_nothing([Values("q", "K ", "a", "Ké")] string text) => Assert.That(KeyspaceNotifications.TryParse(text, out _), Is.False);
}
