using System.Buffers.Binary;

namespace Carnelian.Tests;

internal sealed class CheckRdbTests
{
    private readonly ToolRig _rig = new();

    [OneTimeTearDown]
    public void Close() => _rig.Dispose();

    private ToolResult Check(ReadOnlySpan<byte> file)
    {
        _rig.Write("x.rdb", file);
        return _rig.Run(CheckRdb.Run, ["x.rdb"]);
    }

    [Test]
    public void A_whole_file_is_told_of_as_redis_check_rdb_tells()
    {
        var result = Check(Sample.Redis);
        Assert.That(result.Status, Is.Zero);
        Assert.That(result.Lines, Is.EqualTo(new[]
        {
            "[offset 0] Checking RDB file x.rdb", "[offset 26] AUX FIELD redis-ver = '8.0.6'", "[offset 40] AUX FIELD redis-bits = '64'",
            "[offset 52] AUX FIELD ctime = '1795938468'", "[offset 67] AUX FIELD used-mem = '989520'", "[offset 79] AUX FIELD aof-base = '0'", "[offset 154] Selecting DB ID 0",
            "[offset 962] Selecting DB ID 3", "[offset 985] Checksum OK", "[offset 985] \\o/ RDB looks OK! \\o/", "[info] 17 keys read", "[info] 1 expires", "[info] 0 already expired",
            "[info] 2 subexpires",
        }));
    }

    [Test]
    public void The_summary_counts_keys_by_form_and_by_database()
    {
        var summary = Check(Sample.Redis).Summary;
        Assert.That(summary[..4], Is.EqualTo(new[] { "RDB version 12, 985 bytes", "functions: 70 bytes of a library", "database 0: 16 keys, 1 with an expiry", "database 3: 1 key, 0 with an expiry" }));
        Assert.That(Row("string"), Is.EqualTo(new[] { "5", "1", "5", "29", "16" }));
        Assert.That(Row("quicklist-v2"), Is.EqualTo(new[] { "2", "0", "16", "74", "55" }));
        Assert.That(Row("stream-v3"), Is.EqualTo(new[] { "1", "0", "5", "279", "279" }));
        Assert.That(Row("all"), Is.EqualTo(new[] { "17", "1", "60", "624", "279" }));
        Assert.That(summary[^5], Is.EqualTo("279 bytes: stream-v3 \"stream\" in database 0"));

        string[] Row(string form) => summary.Single(line => line.StartsWith(form + ' ', StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
    }

    [Test]
    public void A_file_of_Valkey_is_read_too()
    {
        var result = Check(Sample.Valkey);
        Assert.That(result.Status, Is.Zero);
        Assert.That(result.Lines, Does.Contain("[info] 17 keys read").And.Contain("[info] 2 subexpires").And.Contain("[offset 998] Checksum OK"));
    }

    /// <summary>Wherever a file is cut off, it is told so with a place within it, and what came before is counted.</summary>
    [Test]
    public void A_file_that_is_cut_off_anywhere_ends_unexpectedly()
    {
        foreach (var whole in (byte[][])[Sample.Redis, Sample.Valkey, Sample.Module])
        {
            for (var length = 0; length < whole.Length; length++)
            {
                var result = Check(whole.AsSpan(0, length));
                var error = result.Lines.SkipWhile(line => line != "--- RDB ERROR DETECTED ---").ElementAtOrDefault(1);
                Assert.That(result.Status, Is.EqualTo(1), $"{length}");
                Assert.That(error, Does.EndWith("Unexpected EOF reading RDB file").Or.EndsWith("Failed loading library, Failed loading library payload"), $"{length}");
                Assert.That(long.Parse(error!.Split(' ', ']')[1]), Is.LessThanOrEqualTo(length), $"{length}");
            }
        }
    }

    [Test]
    public void What_is_wrong_is_told_with_the_place_and_what_was_being_read()
    {
        Assert.That(ErrorOf([]), Is.EqualTo("[offset 0] Unexpected EOF reading RDB file|start|Reading type 0 (string)"));
        Assert.That(ErrorOf("SIDER0012 and so on"u8), Does.StartWith("[offset 9] Wrong signature trying to load DB from file|start"));
        Assert.That(ErrorOf("REDIS0099 and so on"u8), Does.StartWith("[offset 9] Can't handle RDB format version 99|start"));
        Assert.That(ErrorOf("REDIS0012\x08"u8), Does.StartWith("[offset 10] Invalid object type: 8|read-type"));
        Assert.That(ErrorOf("REDIS0012\x00\x01"u8), Does.StartWith("[offset 11] Unexpected EOF reading RDB file|read-key|Reading type 0 (string)"));
        Assert.That(ErrorOf("REDIS0012\x00\x01k\x05"u8), Does.StartWith("[offset 13] Unexpected EOF reading RDB file|read-object-value|Reading key 'k'|Reading type 0 (string)"));
        Assert.That(ErrorOf([.. "REDIS0012"u8, 0xfc, 1]), Does.StartWith("[offset 10] Unexpected EOF reading RDB file|read-expire"));
        Assert.That(ErrorOf([.. "REDIS0012"u8, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]), Does.StartWith("[offset 18] RDB CRC error|check-sum"));
        // A listpack whose header says that it is longer than it is.
        Assert.That(ErrorOf([.. "REDIS0012"u8, 20, 1, (byte)'s', 8, 9, 0, 0, 0, 0, 0, 0xff, 0]), Does.Contain("-> Set listpack integrity check failed").And.Contain("|read-object-value|Reading key 's'|Reading type 20 (set-listpack)"));
    }

    private string ErrorOf(ReadOnlySpan<byte> file)
    {
        var result = Check(file);
        Assert.That(result.Status, Is.EqualTo(1));
        var error = result.Lines.SkipWhile(line => line != "--- RDB ERROR DETECTED ---").Skip(1).TakeWhile(line => !line.StartsWith("[info]", StringComparison.Ordinal));
        return string.Join('|', error).Replace("[additional info] ", "").Replace("While doing: ", "");
    }

    [Test]
    public void A_file_without_a_checksum_is_not_checked_for_one()
    {
        var file = Sample.Redis.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(file.Length - 8), 0);
        var result = Check(file);
        Assert.That((result.Status, result.Lines[8]), Is.EqualTo((0, "[offset 985] RDB file was saved with checksum disabled: no check performed.")));
        file[^1] = 1;
        Assert.That(Check(file).Status, Is.EqualTo(1));
    }

    [Test]
    public void Without_one_file_it_says_how_it_is_called()
    {
        foreach (var arguments in (string[][])[[], ["a", "b"]])
        {
            var result = _rig.Run(CheckRdb.Run, arguments);
            Assert.That((result.Status, result.Output, result.Errors), Is.EqualTo((1, "", "Usage: tool <rdb-file-name>\n")));
        }
        var missing = _rig.Run(CheckRdb.Run, ["nothing.rdb"]);
        Assert.That((missing.Status, missing.Output, missing.Errors), Is.EqualTo((1, "[offset 0] Checking RDB file nothing.rdb\n", "tool: cannot open nothing.rdb: No such file or directory\n")));
        Assert.That(_rig.Run(CheckRdb.Run, ["-v"]).Output, Does.StartWith($"redis-check-rdb v={Release.RedisVersion} sha="));
    }
}
