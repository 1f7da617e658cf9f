namespace Carnelian.Tests;

public class StartupArgumentsTests
{
    [TestCase("--port|7000", "port \"7000\" ")]
    [TestCase("--port 7000", "port 7000 ", Description = "name and value in one argument")]
    [TestCase("--bind|a|b|--port|1", "bind \"a\" \"b\" \nport \"1\" ")]
    [TestCase("--save||--port|1", "save \"\" \nport \"1\" ")]
    [TestCase("--save|--port|1", "save \"\"\nport \"1\" ", Description = "save without a value means none")]
    [TestCase("--port|1|--save", "port \"1\" \nsave \"\"")]
    [TestCase("--logfile|--odd|--port|1", "logfile \"--odd\" \nport \"1\" ", Description = "the first argument is a value, dashes or not")]
    [TestCase("--sentinel|--port|1", "sentinel \nport \"1\" ")]
    [TestCase("--requirepass|a\"b", "requirepass \"a\\\"b\" ")]
    [TestCase("--logfile|\u00e9", "logfile \"\\xc3\\xa9\" ")]
    [TestCase("--port|1|-|--timeout|1", "port \"1\" \"-\" \ntimeout \"1\" ", Description = "a dash in the middle is a value")]
    public void Options_become_lines(string arguments, string options)
    {
        Assert.That(StartupArguments.Parse(arguments.Split('|')), Is.EqualTo(new StartupArguments(null, false, options)));
    }

    [Test]
    public void A_first_argument_without_a_dash_is_the_file()
    {
        Assert.That(StartupArguments.Parse(["a.conf", "--port", "1"]), Is.EqualTo(new StartupArguments("a.conf", false, "port \"1\" ")));
        Assert.That(StartupArguments.Parse([]), Is.EqualTo(new StartupArguments(null, false, "")));
    }

    [TestCase("-|--port|1")]
    [TestCase("--port|1|-")]
    public void A_first_or_last_dash_asks_for_standard_input(string arguments)
    {
        Assert.That(StartupArguments.Parse(arguments.Split('|')), Is.EqualTo(new StartupArguments(null, true, "port \"1\" ")));
    }
}
