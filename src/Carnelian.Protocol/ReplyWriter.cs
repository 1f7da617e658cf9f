using System.Buffers;
using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>Placeholder for the owner's reply writer.</summary>
public readonly ref struct ReplyWriter(ArrayBufferWriter<byte> output, bool resp3)
{
    public void Array(int n) => Line('*', n);

    public void Map(int pairs) => Line(resp3 ? '%' : '*', resp3 ? pairs : pairs * 2);

    public void Set(int n) => Line(resp3 ? '~' : '*', n);

    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        Line('$', bytes.Length);
        output.Write(bytes);
        output.Write("\r\n"u8);
    }

    public void Bulk(string ascii) => Bulk(Encoding.UTF8.GetBytes(ascii));

    public void Simple(string text) => Text('+' + text);

    public void Integer(long n) => Line(':', n);

    public void Null() => Text(resp3 ? "_" : "$-1");

    public void NullArray() => Text(resp3 ? "_" : "*-1");

    public void Error(string text) => Text('-' + text);

    private void Line(char type, long n) => Text(type + n.ToString(CultureInfo.InvariantCulture));

    private void Text(string text) => output.Write(Encoding.UTF8.GetBytes(text + "\r\n"));
}
