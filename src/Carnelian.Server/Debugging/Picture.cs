using System.Text;

namespace Carnelian;

/// <summary>
/// What LOLWUT draws: a carnelian as it lies in the hand, bands of agate around a core that is somewhere else each time. Braille
/// characters, two by four dots each.
/// </summary>
internal static class Picture
{
    private const int Columns = 56, Rows = 14;
    private const int Width = 2 * Columns, Height = 4 * Rows;

    /// <summary>Unicode's first Braille pattern; the eight bits above it are the dots.</summary>
    private const int BrailleBase = 0x2800;

    /// <summary>Which bit a dot is, by row and column (Unicode, Braille Patterns).</summary>
    private static readonly byte[] _dotBits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

    public static string Draw(Randomness randomness)
    {
        var stone = Stone.Find(randomness);
        var text = new StringBuilder((Columns + 1) * Rows);
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                var dots = 0;
                for (var dot = 0; dot < 8; dot++)
                    if (stone.IsDark(2 * column + dot % 2, 4 * row + dot / 2))
                        dots |= _dotBits[dot];
                text.Append((char)(BrailleBase + dots));
            }
            text.Append('\n');
        }
        return text.Append('\n').ToString();
    }

    /// <param name="coreX">Where the innermost band lies, as <paramref name="coreY"/> in dots.</param>
    /// <param name="bands">How many there are from the core to the edge.</param>
    /// <param name="lobes">How often the bands bulge on their way around, and how far.</param>
    private readonly struct Stone(double coreX, double coreY, double bands, int lobes, double bulge, double turn)
    {
        public static Stone Find(Randomness randomness) => new(
            Width / 2.0 + Between(randomness, -18, 18), Height / 2.0 + Between(randomness, -8, 8), Between(randomness, 5, 9),
            2 + randomness.Below(4), Between(randomness, 4, 14) / 100.0, Between(randomness, 0, 62) / 10.0);

        private static int Between(Randomness randomness, int low, int high) => low + randomness.Below(high - low + 1);

        public bool IsDark(int x, int y)
        {
            var edge = Radius(x - Width / 2.0, y - Height / 2.0, Width / 2.0, Height / 2.0);
            if (edge > 1) return false;
            var (dx, dy) = (x - coreX, y - coreY);
            var wave = 1 + bulge * Math.Sin(lobes * Math.Atan2(2 * dy, dx) + turn);
            // Bands are round about the core and take the stone's own shape towards its edge.
            var depth = edge * edge + (1 - edge) * Radius(dx, dy, Width / 2.0, Height / 2.0) * wave;
            return edge > 0.97 || (int)(depth * bands * 2) % 2 == 0;
        }

        private static double Radius(double x, double y, double a, double b) => Math.Sqrt(x * x / (a * a) + y * y / (b * b));
    }
}
