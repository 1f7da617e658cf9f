using System.Diagnostics;
using StackExchange.Redis;

namespace Carnelian.Tests;

/// <summary>
/// The recipes of docs/recipes do what they say. The code of a page becomes a module ("recipe"), and a check beside this file, named after the page, uses it
/// with many clients at once, and with some that are killed. C# of a page is compiled into these tests, word for word.
/// </summary>
public class RecipeTests
{
    private CarnelianServer _server = null!;

    [OneTimeSetUp]
    public void Start() => _server = new();

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [TestCase("cache"), TestCase("work-queue"), TestCase("reliable-queue"), TestCase("optimistic-locking"), TestCase("lock"), TestCase("delayed-queue")]
    public void A_page_in_Python_holds(string page) => Check(page, ClientPrograms.Python(), "python", "py");

    [TestCase("rate-limits"), TestCase("leaderboard"), TestCase("publish-with-history"), TestCase("token-bucket")]
    public void A_page_in_JavaScript_holds(string page) => Check(page, "node", "js", "mjs", ClientPrograms.NodeModules());

    /// <param name="packages">A folder to be called node_modules.</param>
    private void Check(string page, string program, string language, string extension, string? packages = null)
    {
        var folder = Directory.CreateTempSubdirectory("carnelian-recipe-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, $"recipe.{extension}"), RecipeDocument.Code(page, language));
            var check = Path.Combine(folder.FullName, $"{page}.{extension}");
            var checks = Path.Combine(AppContext.BaseDirectory, "Recipes");
            File.Copy(Path.Combine(checks, $"{page}.{extension}"), check);
            if (packages is not null) Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "node_modules"), packages);
            var start = new ProcessStartInfo(program, [check]);
            start.Environment["REDIS_URL"] = $"redis://127.0.0.1:{_server.Port}";
            start.Environment["PYTHONPATH"] = checks;
            start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
            var outcome = ChildProcess.Run(start);
            Assert.That((outcome.Status, outcome.Output.EndsWith("recipe holds\n", StringComparison.Ordinal)), Is.EqualTo((0, true)),
                () => $"{outcome.Everything}\nThe server's log:\n{_server.Log}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestCase("optimistic-locking", "HatShop"), TestCase("sessions", "SessionStore"), TestCase("redlock", "MajorityLocks")]
    public void A_page_in_Csharp_is_the_code_that_is_tested(string page, string type) => Assert.That(
        RecipeDocument.Code(page, "csharp"), Is.EqualTo(File.ReadAllText(SourceTree.PathOf("tests", "Carnelian.Clients.Tests", "Recipes", $"{type}.cs"))));

    [Test]
    public void Every_page_is_tested_and_listed()
    {
        string[] tested =
        [
            "cache", "work-queue", "reliable-queue", "delayed-queue", "optimistic-locking", "lock", "redlock", "rate-limits", "token-bucket", "leaderboard", "publish-with-history",
            "sessions",
        ];
        Assert.That(RecipeDocument.Names, Is.EquivalentTo(tested));
        var index = File.ReadAllText(SourceTree.PathOf("docs", "recipes", "README.md"));
        foreach (var name in RecipeDocument.Names)
        {
            Assert.That(index, Does.Contain($"({name}.md)"));
            Assert.That(RecipeDocument.Blocks(name).Select(block => block.Language), Is.All.AnyOf("python", "js", "csharp"), name);
        }
    }

    [Test]
    public void Fifty_buyers_get_exactly_the_hats_that_there_are()
    {
        using var connection = Connect();
        var database = connection.GetDatabase();
        database.HashSet("hat:top", "stock", 20);
        var sold = 0;
        TestThread.RunAll(50, _ =>
        {
            if (new HatShop(database).Buy("hat:top")) Interlocked.Increment(ref sold);
        });
        Assert.That((sold, (int)database.HashGet("hat:top", "stock"), (int)database.HashGet("hat:top", "sold")), Is.EqualTo((20, 0, 20)));
        Assert.That(new HatShop(database).Buy("hat:none"), Is.False);
    }

    [Test]
    public void Sessions_live_as_long_as_they_are_used()
    {
        using var connection = Connect();
        var database = connection.GetDatabase();
        var store = new SessionStore(database, TimeSpan.FromMinutes(20));
        var (first, second, other) = (store.Begin("ann"), store.Begin("ann"), store.Begin("bob"));
        Assert.That(first, Has.Length.EqualTo(64).And.Not.EqualTo(second));
        Assert.That(store.Use(first), Is.EqualTo(new Dictionary<string, string> { ["user"] = "ann" }));
        Assert.That(store.Keep(first, "cart", "3 hats"));
        Assert.That(store.Use(first), Is.EqualTo(new Dictionary<string, string> { ["user"] = "ann", ["cart"] = "3 hats" }));

        database.KeyExpire($"session:{second}", TimeSpan.FromMinutes(1));
        store.Use(second);
        Assert.That(database.KeyTimeToLive($"session:{second}"), Is.GreaterThan(TimeSpan.FromMinutes(19)), "use prolongs it");
        database.KeyExpire($"session:{second}", TimeSpan.Zero);
        Assert.That((store.Use(second), store.Keep(second, "cart", "none")), Is.EqualTo(((Dictionary<string, string>?)null, false)));
        Assert.That(database.KeyExists($"session:{second}"), Is.False, "no half a session was left");

        store.End(other);
        Assert.That((store.Use(other), database.KeyExists("sessions:bob")), Is.EqualTo(((Dictionary<string, string>?)null, false)));
        store.Begin("ann");
        Assert.That(store.EndAll("ann"), Is.EqualTo(2), "the expired one is none");
        Assert.That((store.Use(first), database.KeyExists("sessions:ann")), Is.EqualTo(((Dictionary<string, string>?)null, false)));
    }

    private ConnectionMultiplexer Connect() => ConnectionMultiplexer.Connect(new ConfigurationOptions
    {
        EndPoints = { { "127.0.0.1", _server.Port } },
        ConnectTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
        SyncTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
        AsyncTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
    });
}
