using System.Text;

namespace Carnelian.Tests;

/// <summary>A packed hash in a managed buffer. Edits change it as the owner of a block would.</summary>
internal sealed class PackedHashRig
{
    private byte[] _bytes = PackedHash.Empty.ToArray();
    private bool _expires;

    public bool Expires => _expires;

    public byte[] Bytes => _bytes;

    public PackedHash Hash => new(_bytes, _expires);

    public bool Has(string name) => Hash.Find(BytesOf(name)).Exists;

    public void Set(string name, string value, long expiryMs)
    {
        if (expiryMs != EntryView.NoExpiry) Convert();
        var at = Hash.Find(BytesOf(name));
        Apply(PackedHashEdit.Set(Hash, at, BytesOf(name), BytesOf(value), expiryMs, Scratch(name, value)));
    }

    public void SetValue(string name, string value) =>
        Apply(PackedHashEdit.SetValue(Hash, Hash.Find(BytesOf(name)), BytesOf(name), BytesOf(value), Scratch(name, value)));

    public void SetExpiry(string name, long expiryMs)
    {
        if (expiryMs != EntryView.NoExpiry) Convert();
        var at = Hash.Find(BytesOf(name));
        Apply(PackedHashEdit.SetExpiry(Hash, at, expiryMs, Scratch(name, Text(at.Value))));
    }

    public void Delete(string name) => Apply(PackedHashEdit.Delete(Hash, Hash.Find(BytesOf(name))));

    public void DeleteFirst(int count) => Apply(PackedHashEdit.DeleteFirst(Hash, count));

    private byte[] Scratch(string name, string value) => new byte[PackedHashEdit.ScratchBytes(Hash, name.Length, value.Length)];

    /// <summary>In a block with room and in a new one: both must come to the same.</summary>
    private void Apply(Splice splice)
    {
        var length = _bytes.Length + splice.LengthChange;
        var block = new byte[Math.Max(length, _bytes.Length)];
        _bytes.CopyTo(block, 0);
        splice.Apply(block);
        var written = new byte[length];
        splice.CopyTo(new(_bytes), written);
        Assert.That(written, Is.EqualTo(block[..length]));
        _bytes = written;
    }

    private void Convert()
    {
        if (_expires) return;
        var converted = new byte[PackedHashEdit.ExpiringLength(Hash)];
        PackedHashEdit.WriteExpiring(Hash, converted);
        (_bytes, _expires) = (converted, true);
    }

    public List<(string Name, string Value, long ExpiryMs)> Fields()
    {
        var fields = new List<(string, string, long)>();
        for (var field = Hash.First; field.Exists; field = Hash.Next(field)) fields.Add((Text(field.Name), Text(field.Value), field.ExpiryMs));
        return fields;
    }

    public static byte[] BytesOf(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(PackedElement element) => Encoding.Latin1.GetString(element.Text(new byte[PackedElement.IntegerTextMax]));
}
