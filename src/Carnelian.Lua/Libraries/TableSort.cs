namespace Carnelian;

/// <summary>
/// table.sort: the quicksort of PUC's ltablib.c, whose order of comparisons a script can see. The table may be changed by the function that compares, so each
/// element is fetched and stored by itself.
/// </summary>
internal sealed class TableSort(LuaMachine machine)
{
    public int Sort(LuaCall call)
    {
        var table = call.CheckTable(1);
        var count = table.Length;
        LuaFunction? compare = null;
        if (!call.IsNoneOrNil(2)) compare = call.CheckFunction(2);
        new Run(machine, call, table, compare).Sort(1, count);
        return call.Return();
    }

    private readonly ref struct Run(LuaMachine machine, LuaCall call, LuaTable table, LuaFunction? compare)
    {
        private readonly LuaCall _call = call;

        /// <summary>The function may take both out of the table.</summary>
        private bool IsLess(in LuaValue left, in LuaValue right)
        {
            machine.Spend(1);
            if (compare is null && left.Object is not LuaTable) return Operators.LessThan(_call.Thread, left, right);
            var kept = _call.KeptEnd;
            _call.Keep(left);
            _call.Keep(right);
            var isLess = compare is null ? Operators.LessThan(_call.Thread, left, right) : !_call.Thread.CallValue(compare, left, right).IsFalse;
            _call.KeptEnd = kept;
            return isLess;
        }

        private LuaValue Get(int index) => table.GetInteger(index);

        private void Set(int index, in LuaValue value)
        {
            if (table.IsReadOnly) throw Errors.Run(_call.Thread, "Attempt to modify a readonly table");
            table.SetInteger(index, value);
        }

        public void Sort(int low, int high)
        {
            while (low < high)
            {
                // The first, the last and the middle one come into order.
                var first = Get(low);
                var last = Get(high);
                if (IsLess(last, first)) Swap(low, last, high, first);
                if (high - low == 1) return;
                var middle = (int)(((uint)low + (uint)high) / 2);
                var pivot = Get(middle);
                first = Get(low);
                if (IsLess(pivot, first)) Swap(middle, first, low, pivot);
                else
                {
                    last = Get(high);
                    if (IsLess(last, pivot)) Swap(middle, last, high, pivot);
                }
                if (high - low == 2) return;
                pivot = Get(middle);
                Swap(middle, Get(high - 1), high - 1, pivot);
                var split = Partition(low, high, pivot);
                // The smaller part by recursion: it goes no deeper than the logarithm.
                if (split - low < high - split)
                {
                    Sort(low, split - 1);
                    low = split + 1;
                }
                else
                {
                    Sort(split + 1, high);
                    high = split - 1;
                }
            }
        }

        private void Swap(int one, in LuaValue toOne, int other, in LuaValue toOther)
        {
            Set(one, toOne);
            Set(other, toOther);
        }

        /// <summary>Where the pivot comes, with smaller ones before and greater ones behind it. It lies next to the end meanwhile.</summary>
        private int Partition(int low, int high, in LuaValue pivot)
        {
            int i = low, j = high - 1;
            var kept = _call.KeptEnd;
            while (true)
            {
                LuaValue left, right;
                while (IsLess(left = Get(++i), pivot))
                    if (i > high) throw _call.Fail("invalid order function for sorting"u8);
                _call.Keep(left);
                while (IsLess(pivot, right = Get(--j)))
                    if (j < low) throw _call.Fail("invalid order function for sorting"u8);
                _call.KeptEnd = kept;
                if (j < i) break;
                Swap(i, right, j, left);
            }
            var atEnd = Get(high - 1);
            Swap(high - 1, Get(i), i, atEnd);
            return i;
        }
    }
}
