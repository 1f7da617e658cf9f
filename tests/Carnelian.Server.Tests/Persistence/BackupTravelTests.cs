using static Carnelian.Tests.TravellingKeys;

namespace Carnelian.Tests;

/// <summary>What was sealed here is an append-only set to real servers: keys of every type and encoding, in the base and behind it.</summary>
[NonParallelizable]
internal sealed class BackupTravelTests
{
    [Test]
    public void A_sealed_backup_is_restored_by_a_real_server([ValueSource(typeof(TravellingKeys), nameof(Products))] string product, [Values] bool isOn)
    {
        using var server = new SimulatedServer(options =>
        {
            options.DebugCommand = ProtectedAction.Yes;
            (options.Persistence.AppendOnly.IsOn, options.Persistence.AppendOnly.RewritePercent) = (isOn, 0);
        });
        Assert.That(server.Run("CONFIG", "SET", "rdb-format", product == Valkey ? "valkey" : "lowest"), Is.EqualTo("+OK"));
        var made = Make(server.Run, product, 4000, "first");
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("+OK"));
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Incrementing);
        made.AddRange(Make(server.Run, product, 4001, "second"));
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
        var files = DataFolder.Read(server.World.Disk, "backupdir");
        using var reference = ReferenceServer.StartWith(folder => DataFolder.Write(Path.Combine(folder, DataFolder.Append), files), product, [.. Options(1), "--appendonly", "yes"]);
        using var client = ClientOf(reference);
        AssertSame(server.Run, client.Run, made, hasOneDigest: product == Redis, isReplayed: true);
        Assert.That(server.Run("BACKUP", "CLEANUP"), Is.EqualTo("+OK"));
    }
}
