namespace Carnelian;

/// <summary>cjson: values as JSON and back, as lua-cjson 2.1.0 in Redis has it.</summary>
internal sealed class JsonLibrary(LuaMachine machine, LuaUserData missing, bool offersListMetatable)
{
    private readonly JsonOptions _options = new();

    public static void Register(LuaMachine machine, bool offersListMetatable)
    {
        machine.Memory.Charge(LuaUserData.BaseBytes);
        var missing = new LuaUserData(null, LuaType.LightUserData);
        machine.Globals.Set(machine.String("cjson"), new JsonLibrary(machine, missing, offersListMetatable).Make());
    }

    private LuaTable Make()
    {
        var library = machine.NewTable();
        library.Add(machine, "encode", Encode);
        library.Add(machine, "decode", Decode);
        library.Add(machine, "encode_sparse_array", SetSparse);
        library.Add(machine, "encode_max_depth", call => SetInteger(call, ref _options.EncodeDepthMax, 1, int.MaxValue));
        library.Add(machine, "decode_max_depth", call => SetInteger(call, ref _options.DecodeDepthMax, 1, int.MaxValue));
        library.Add(machine, "encode_number_precision", call => SetInteger(call, ref _options.Precision, 1, 14));
        library.Add(machine, "encode_keep_buffer", call => SetSwitch(call, ref _options.KeepsBuffer));
        library.Add(machine, "encode_invalid_numbers", SetInvalidNumbers);
        library.Add(machine, "decode_invalid_numbers", call => SetSwitch(call, ref _options.DecodesInvalid));
        library.Add(machine, "new", call => call.Return(new JsonLibrary(machine, missing, offersListMetatable).Make()));
        library.Set(machine.String("null"), missing);
        library.Set(machine.String("_NAME"), machine.String("cjson"));
        library.Set(machine.String("_VERSION"), machine.String("2.1.0"));
        if (offersListMetatable)
        {
            _options.ListMark = machine.NewTable();
            library.Set(machine.String("array_mt"), _options.ListMark);
            library.Add(machine, "decode_array_with_array_mt", SetListMetatable);
        }
        return library;
    }

    private int Encode(LuaCall call)
    {
        if (call.Count != 1) throw call.ArgumentError(1, "expected 1 argument");
        var buffer = new ChargedBuffer(machine, 512);
        new JsonWriter(call, _options, buffer, missing).Add(call[1], 0);
        return call.Return(buffer.ToLuaString());
    }

    private int Decode(LuaCall call)
    {
        if (call.Count != 1) throw call.ArgumentError(1, "expected 1 argument");
        var text = call.CheckString(1).Span;
        if (text.Length >= 2 && (text[0] == 0 || text[1] == 0)) throw call.Fail("JSON parser does not support UTF-16 or UTF-32"u8);
        return call.Return(new JsonReader(call, _options, text, missing).ReadAll());
    }

    // Settings: each answers what it is now.

    private static void CheckCount(LuaCall call, int max)
    {
        if (call.Count > max) throw call.ArgumentError(max + 1, "found too many arguments");
    }

    private static int SetInteger(LuaCall call, ref int setting, int min, int max)
    {
        CheckCount(call, 1);
        return call.Return(Integer(call, 1, ref setting, min, max));
    }

    private static int Integer(LuaCall call, int argument, ref int setting, int min, int max)
    {
        if (call.IsNoneOrNil(argument)) return setting;
        var value = call.CheckInteger(argument);
        if (value < min || value > max) throw call.ArgumentError(1, $"expected integer between {min} and {max}");
        return setting = value;
    }

    private static int SetSwitch(LuaCall call, ref bool setting)
    {
        CheckCount(call, 1);
        return call.Return(Switch(call, 1, ref setting));
    }

    private static bool Switch(LuaCall call, int argument, ref bool setting)
    {
        var value = call[argument];
        if (value.IsNil) return setting;
        return setting = value.Type == LuaType.Boolean ? !value.IsFalse : call.CheckOption(argument, "off", "on") == 1;
    }

    private int SetSparse(LuaCall call)
    {
        CheckCount(call, 3);
        var converts = Switch(call, 1, ref _options.ConvertsSparse);
        var ratio = Integer(call, 2, ref _options.SparseRatio, 0, int.MaxValue);
        var safe = Integer(call, 3, ref _options.SparseSafe, 0, int.MaxValue);
        return call.Return(converts, ratio, safe);
    }

    private int SetInvalidNumbers(LuaCall call)
    {
        CheckCount(call, 1);
        var value = call[1];
        if (value.Type == LuaType.Boolean) _options.EncodesInvalid = value.IsFalse ? InvalidNumbers.Refused : InvalidNumbers.Written;
        else if (!value.IsNil) _options.EncodesInvalid = (InvalidNumbers)call.CheckOption(1, "off", "on", "null");
        return _options.EncodesInvalid == InvalidNumbers.Null
            ? call.Return(machine.String("null"u8))
            : call.Return(_options.EncodesInvalid == InvalidNumbers.Written);
    }

    private int SetListMetatable(LuaCall call)
    {
        CheckCount(call, 1);
        var isSet = _options.ListMetatable is not null;
        Switch(call, 1, ref isSet);
        _options.ListMetatable = isSet ? _options.ListMark : null;
        return call.Return(isSet);
    }
}
