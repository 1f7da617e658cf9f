namespace Carnelian;

/// <summary>math: C's functions, and chance that is the same everywhere (<see cref="Random48"/>).</summary>
internal sealed class MathLibrary(LuaMachine machine)
{
    private readonly Random48 _random = machine.Random;

    public void Register()
    {
        var library = Library.NewLibrary(machine, "math");
        Add("abs", Math.Abs);
        Add("acos", Math.Acos);
        Add("asin", Math.Asin);
        Add("atan", Math.Atan);
        Add("ceil", Math.Ceiling);
        Add("cos", Math.Cos);
        Add("cosh", Math.Cosh);
        Add("deg", value => value / (Math.PI / 180));
        Add("exp", Math.Exp);
        Add("floor", Math.Floor);
        // As of C: not a number, with the sign of what it was made of.
        Add("log", value => value < 0 ? double.NaN : Math.Log(value));
        Add("log10", Math.Log10);
        Add("rad", value => value * (Math.PI / 180));
        Add("sin", Math.Sin);
        Add("sinh", Math.Sinh);
        Add("sqrt", Math.Sqrt);
        Add("tan", Math.Tan);
        Add("tanh", Math.Tanh);
        AddOfTwo("atan2", Math.Atan2);
        AddOfTwo("fmod", (value, divisor) => value % divisor);
        library.Set(machine.String("mod"), library[machine.String("fmod")]);
        AddOfTwo("pow", Math.Pow);
        library.Add(machine, "ldexp", call =>
        {
            var exponent = call.CheckInteger(2);
            return call.Return(Math.ScaleB(call.CheckNumber(1), exponent));
        });
        library.Add(machine, "frexp", SplitExponent);
        library.Add(machine, "modf", SplitFraction);
        library.Add(machine, "max", call => Extreme(call, (value, best) => value > best));
        library.Add(machine, "min", call => Extreme(call, (value, best) => value < best));
        library.Add(machine, "random", Next);
        library.Add(machine, "randomseed", Seed);
        library.Set(machine.String("pi"), Math.PI);
        library.Set(machine.String("huge"), double.PositiveInfinity);

        void Add(string name, Func<double, double> compute) => library.Add(machine, name, call => call.Return(compute(call.CheckNumber(1))));

        // The second is looked at first, as by C's compilers: it is what an error names where both are wrong.
        void AddOfTwo(string name, Func<double, double, double> compute) => library.Add(machine, name, call =>
        {
            var second = call.CheckNumber(2);
            return call.Return(compute(call.CheckNumber(1), second));
        });
    }

    private static int SplitExponent(LuaCall call)
    {
        var value = call.CheckNumber(1);
        if (value == 0 || !double.IsFinite(value)) return call.Return(value, 0);
        var exponent = Math.ILogB(value) + 1;
        return call.Return(Math.ScaleB(value, -exponent), exponent);
    }

    private static int SplitFraction(LuaCall call)
    {
        var value = call.CheckNumber(1);
        var whole = Math.Truncate(value);
        return call.Return(whole, double.IsInfinity(value) ? Math.CopySign(0, value) : Math.CopySign(value - whole, value));
    }

    private static int Extreme(LuaCall call, Func<double, double, bool> isBetter)
    {
        var best = call.CheckNumber(1);
        for (var i = 2; i <= call.Count; i++)
        {
            var value = call.CheckNumber(i);
            if (isBetter(value, best)) best = value;
        }
        return call.Return(best);
    }

    private int Next(LuaCall call)
    {
        var random = _random.Next() % (double)int.MaxValue / int.MaxValue;
        switch (call.Count)
        {
            case 0: return call.Return(random);
            case 1:
                var limit = call.CheckInteger(1);
                if (limit < 1) throw call.ArgumentError(1, "interval is empty");
                return call.Return(Math.Floor(random * limit) + 1);
            case 2:
                var low = call.CheckInteger(1);
                var high = call.CheckInteger(2);
                if (low > high) throw call.ArgumentError(2, "interval is empty");
                return call.Return(Math.Floor(random * unchecked(high - low + 1)) + low);
            default: throw call.Fail("wrong number of arguments"u8);
        }
    }

    private int Seed(LuaCall call)
    {
        _random.Seed(call.CheckInteger(1));
        return call.Return();
    }
}
