using System.Buffers.Binary;

namespace Carnelian;

/// <summary>What becomes of keys, in files and payloads, whose values are of a module's type that is not known (rdb-unknown-modules).</summary>
public enum UnknownModules
{
    /// <summary>They stop the load.</summary>
    Stop,

    /// <summary>They are passed over and counted.</summary>
    Skip,

    /// <summary>They are kept as they are, and written back.</summary>
    Keep,
}

/// <summary>What files have of modules: values of parts that say what they are, so that they can be passed over, and kept, without the module.</summary>
internal static class RdbModule
{
    /// <summary>The part that a length follows.</summary>
    public const ulong Unsigned = (ulong)Part.Unsigned;

    /// <summary>A key has no more classes of metadata.</summary>
    private const ulong MetadataMax = 7;

    /// <summary>Flag of a class of metadata: nothing is lost that matters if it is passed over.</summary>
    private const uint MayBeIgnored = 1;

    /// <summary>Vector sets are part of Redis 8: what came in a file goes into the next one.</summary>
    private static readonly ulong _vectorSet = ModuleName.IdOf("vectorset"u8, 0);

    private enum Part : byte
    {
        End = 0,
        Signed = 1,
        Unsigned = 2,
        Float = 3,
        Double = 4,
        Text = 5,
    }

    /// <summary>Whatever the version of its format is.</summary>
    public static bool IsKnown(ulong id) => id >> 10 == _vectorSet >> 10;

    /// <summary>Passes over the parts of a value, up to its end.</summary>
    public static bool TrySkip(scoped ref RdbReader input, RdbScratch scratch)
    {
        while (input.TryLength(out var part))
        {
            var isRead = (Part)part switch
            {
                Part.End => true,
                Part.Signed or Part.Unsigned => input.TryLength(out _),
                Part.Float => input.TryBytes(sizeof(float), out _),
                Part.Double => input.TryBytes(sizeof(double), out _),
                Part.Text => input.TryString(scratch, out _),
                _ => input.Fail("unknown part of a module's value"),
            };
            if (!isRead || part == (ulong)Part.End) return isRead;
        }
        return false;
    }

    /// <summary>Passes over what modules keep with a key, behind the opcode, and counts it.</summary>
    /// <param name="skipsAll">Also what its module does not want to be lost.</param>
    public static bool TrySkipMetadata(scoped ref RdbReader input, RdbScratch scratch, bool skipsAll, scoped ref long skipped)
    {
        var offset = input.Offset;
        if (!input.TryLength(out var classes)) return false;
        if (classes > MetadataMax) return input.Fail("too many classes of a key's metadata", offset);
        for (; classes > 0; classes--)
        {
            offset = input.Offset;
            if (!input.TryBytes(sizeof(uint), out var bytes)) return false;
            var spec = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (!skipsAll && (spec & MayBeIgnored) == 0) return input.Fail($"metadata of a key, of the class '{ModuleName.OfMetadata(spec)}', which there is not", offset);
            if (!TrySkip(ref input, scratch)) return false;
            skipped++;
        }
        return true;
    }
}
