namespace Carnelian;

/// <summary>table: lists, by raw access.</summary>
internal sealed class TableLibrary(LuaMachine machine)
{
    public void Register()
    {
        var library = Library.NewLibrary(machine, "table");
        library.Add(machine, "concat", Concat);
        library.Add(machine, "foreach", ForEach);
        library.Add(machine, "foreachi", ForEachInOrder);
        library.Add(machine, "getn", call => call.Return(call.CheckTable(1).Length));
        library.Add(machine, "insert", Insert);
        library.Add(machine, "maxn", MaxNumber);
        library.Add(machine, "remove", Remove);
        library.Add(machine, "setn", SetCount);
        library.Add(machine, "sort", new TableSort(machine).Sort);
    }

    private static void CheckWritable(LuaCall call, LuaTable table)
    {
        if (table.IsReadOnly) throw Errors.Run(call.Thread, "Attempt to modify a readonly table");
    }

    private int Insert(LuaCall call)
    {
        var table = call.CheckTable(1);
        var end = unchecked(table.Length + 1);
        switch (call.Count)
        {
            case 2:
                CheckWritable(call, table);
                table.SetInteger(end, call[2]);
                return call.Return();
            case 3:
                var position = call.CheckInteger(2);
                if (position > end) end = position;
                CheckWritable(call, table);
                for (var i = end; i > position; i--)
                {
                    machine.Spend(1);
                    table.SetInteger(i, table.GetInteger(i - 1));
                }
                table.SetInteger(position, call[3]);
                return call.Return();
            default: throw call.Fail("wrong number of arguments to 'insert'"u8);
        }
    }

    private int Remove(LuaCall call)
    {
        var table = call.CheckTable(1);
        var end = table.Length;
        var position = call.OptionalInteger(2, end);
        if (position < 1 || position > end) return call.Return();
        CheckWritable(call, table);
        var removed = table.GetInteger(position);
        for (; position < end; position++)
        {
            machine.Spend(1);
            table.SetInteger(position, table.GetInteger(position + 1));
        }
        table.SetInteger(end, default);
        return call.Return(removed);
    }

    private int Concat(LuaCall call)
    {
        var separator = (call.OptionalString(2) ?? machine.Strings.Empty).Span;
        var table = call.CheckTable(1);
        var first = call.OptionalInteger(3, 1);
        var last = call.IsNoneOrNil(4) ? table.Length : call.CheckInteger(4);
        if (first > last) return call.Return(machine.Strings.Empty);
        var result = new ChargedBuffer(machine, 256);
        for (long i = first; i < last; i++)
        {
            AddElement(call, result, table, (int)i);
            result.Add(separator);
        }
        AddElement(call, result, table, last);
        return call.Return(result.ToLuaString());
    }

    private void AddElement(LuaCall call, ChargedBuffer result, LuaTable table, int index)
    {
        machine.Spend(1);
        ref readonly var value = ref table.GetInteger(index);
        if (value.Object is LuaString text) result.Add(text.Span);
        else if (value.Object == Tags.Number) result.Grow(LuaNumber.Text(value.Double, result.Reserve(LuaNumber.LengthMax)).Length);
        else throw call.Fail($"invalid value ({System.Text.Encoding.ASCII.GetString(value.TypeName)}) at index {index} in table for 'concat'");
    }

    private int ForEach(LuaCall call)
    {
        var table = call.CheckTable(1);
        var function = call.CheckFunction(2);
        LuaValue key = default;
        var kept = call.KeptEnd;
        while (true)
        {
            var place = table.PlaceOf(key);
            if (place < 0) throw Errors.Run(call.Thread, "invalid key to 'next'");
            if (machine.Next(table, place, out key, out var value) < 0) return call.Return();
            call.KeptEnd = kept;
            call.Keep(key);
            var result = call.Call(function, key, value);
            if (!result.IsNil) return call.Return(result);
        }
    }

    private static int ForEachInOrder(LuaCall call)
    {
        var table = call.CheckTable(1);
        var count = table.Length;
        var function = call.CheckFunction(2);
        for (var i = 1; i <= count; i++)
        {
            var result = call.Call(function, i, table[i]);
            if (!result.IsNil) return call.Return(result);
        }
        return call.Return();
    }

    private int MaxNumber(LuaCall call)
    {
        var table = call.CheckTable(1);
        var max = 0.0;
        for (var place = machine.Next(table, 0, out var key, out _); place >= 0; place = machine.Next(table, place, out key, out _))
            if (key.TryGetNumber(out var number) && number > max) max = number;
        return call.Return(max);
    }

    private static int SetCount(LuaCall call)
    {
        call.CheckTable(1);
        throw call.Fail("'setn' is obsolete"u8);
    }
}
