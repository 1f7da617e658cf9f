namespace Carnelian;

/// <summary>Looks for fields of hashes, deletes those that it finds to be over, and has them be missing.</summary>
internal static class LazyFieldExpiry
{
    /// <summary>Whether fields that are over are to be deleted, not only hidden.</summary>
    public static bool Deletes(ref Call call) => call.Keyspace.DeletesExpired;

    /// <summary>Finds a field in the hash of the first key. The view of the hash ends when this returns false.</summary>
    public static bool TryFind(ref Call call, HashView hash, int argument, out HashField field)
    {
        field = hash.Find(call.Args[argument]);
        if (!field.Expires || !hash.IsOver(field)) return field.Exists;
        if (Deletes(ref call)) call.EditHash(1).Expire(call.Args[argument]);
        return false;
    }

    /// <summary>As for a view, in a hash that is being changed.</summary>
    public static bool TryFind(ref Call call, scoped ref HashEdit hash, int argument, out HashField field)
    {
        field = hash.Find(call.Args[argument]);
        if (!field.Expires || !hash.IsOver(field)) return field.Exists;
        if (Deletes(ref call)) hash.Expire(call.Args[argument]);
        return false;
    }
}
