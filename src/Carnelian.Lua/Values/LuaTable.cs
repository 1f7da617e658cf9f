using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A table: an array part for the keys 1 … n and a part that is hashed. Sizes, places and the border that the length operator finds are PUC 5.1's (ltable.c), for
/// scripts see them in tables with holes and in the order of a traversal: a scatter table with chains inside, by Brent's variation, that is sized anew when no
/// place is free. Values of keys that were set to nil stay as such until then, so that a traversal may clear what it visits.
/// </summary>
public sealed class LuaTable : LuaObject
{
    internal const int BaseBytes = 80, ArrayBytes = 24;

    private const int ValueBytes = 16, NodeBytes = 40;

    /// <summary>A key, its value, and the next one of its chain: its index + 1, 0 for none.</summary>
    private struct Node
    {
        public LuaValue Key, Value;
        public uint Hash;
        public int Next;
    }

    /// <summary>The hashed part of a table that has none. Never written.</summary>
    private static readonly Node[] _none = new Node[1];

    /// <summary>What is found in place of a value that is not there. Never written.</summary>
    private static readonly LuaValue[] _absent = new LuaValue[1];

    private readonly LuaMemory _memory;
    private LuaValue[] _array = [];
    private Node[] _nodes = _none;

    /// <summary>All places from here on are taken.</summary>
    private int _lastFree;

    private LuaTable? _metatable;

    /// <summary>What its address is told as; 0 until somebody asks or it is a key.</summary>
    internal int Id;

    /// <summary>Events for which it is known to have no handler, as a metatable.</summary>
    internal byte AbsentEvents;

    /// <summary>The metatable of what <c>newproxy</c> has made, which may make more with it.</summary>
    internal bool IsOfProxies;

    /// <summary>Every change of a read-only table is an error.</summary>
    public bool IsReadOnly { get; set; }

    internal LuaTable(LuaMemory memory, int arraySize = 0, int hashSize = 0) : base(LuaType.Table)
    {
        _memory = memory;
        var nodeCount = NodeCount(hashSize);
        memory.Charge(BaseBytes + BytesOfArray(arraySize) + BytesOfNodes(nodeCount));
        if (arraySize > 0) _array = new LuaValue[arraySize];
        TakeNodes(nodeCount);
    }

    public LuaTable? Metatable
    {
        get => _metatable;
        set => _metatable = value;
    }

    /// <summary>A chain is looked through for nothing so far.</summary>
    private const int PassedFree = 16;

    internal LuaValue[] Array => _array;

    /// <summary>What it takes, approximately.</summary>
    internal long Bytes => BaseBytes + BytesOfArray(_array.Length) + BytesOfNodes(_nodes == _none ? 0 : _nodes.Length);

    private static long BytesOfArray(int size) => size == 0 ? 0 : ArrayBytes + (long)size * ValueBytes;

    private static long BytesOfNodes(int count) => count == 0 ? 0 : ArrayBytes + (long)count * NodeBytes;

    // Reading.

    public LuaValue this[in LuaValue key] => Get(key);

    public LuaValue this[LuaString key] => GetString(key);

    public LuaValue this[int index] => GetInteger(index);

    internal ref readonly LuaValue Get(in LuaValue key)
    {
        switch (key.Object)
        {
            case null: return ref _absent[0];
            case LuaString text: return ref GetString(text);
            case var tag when tag == Tags.Number:
                var integer = double.ConvertToIntegerNative<int>(key.Double);
                if (integer == key.Double) return ref GetInteger(integer);
                break;
        }
        var at = Find(key);
        return ref at < 0 ? ref _absent[0] : ref _nodes[at].Value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref readonly LuaValue GetInteger(int index)
    {
        var array = _array;
        if ((uint)(index - 1) < (uint)array.Length) return ref array[index - 1];
        return ref GetHashedInteger(index);
    }

    private ref readonly LuaValue GetHashedInteger(int index)
    {
        var at = FindNumber(index);
        return ref at < 0 ? ref _absent[0] : ref _nodes[at].Value;
    }

    internal ref readonly LuaValue GetString(LuaString key)
    {
        var nodes = _nodes;
        var hash = key.Hash;
        ref var node = ref nodes[(int)hash & (nodes.Length - 1)];
        for (var passed = 0;; passed++)
        {
            if (node.Key.Object == key || (node.Hash == hash && AreEqual(node.Key.Object, key))) return ref node.Value;
            if (passed == PassedFree) NoteChain(node.Next);
            if (node.Next == 0) return ref _absent[0];
            node = ref nodes[node.Next - 1];
        }
    }

    /// <summary>Long ones that are alike take their time.</summary>
    private bool AreEqual(LuaObject? key, LuaString other)
    {
        if (key is not LuaString text || text.Length != other.Length) return false;
        if (other.Length > StringCache.ShortMax) _memory.Spend(other.Length >> LuaMachine.BytesPerStepShift);
        return text.Equals(other);
    }

    /// <summary>Keys that were made for it have one chain: all of it is counted when it is as long as no other is.</summary>
    private void NoteChain(int next)
    {
        var length = 0;
        for (; next != 0; next = _nodes[next - 1].Next) length++;
        _memory.Spend(length);
    }

    /// <summary>The place of a key among the nodes, or -1.</summary>
    private int Find(in LuaValue key)
    {
        switch (key.Object)
        {
            case null: return -1;
            case LuaString text: return FindString(text);
            case var tag when tag == Tags.Number: return FindNumber(key.Double);
        }
        var nodes = _nodes;
        var hash = HashOf(key);
        var passed = 0;
        for (var at = MainPlace(hash, key.Object!.Type, nodes.Length); at >= 0; at = nodes[at].Next - 1)
        {
            if (nodes[at].Key.Object == key.Object) return at;
            if (passed++ == PassedFree) NoteChain(nodes[at].Next);
        }
        return -1;
    }

    private int FindString(LuaString key)
    {
        var nodes = _nodes;
        var hash = key.Hash;
        var passed = 0;
        for (var at = (int)hash & (nodes.Length - 1); at >= 0; at = nodes[at].Next - 1)
        {
            ref var node = ref nodes[at];
            if (node.Key.Object == key || (node.Hash == hash && AreEqual(node.Key.Object, key))) return at;
            if (passed++ == PassedFree) NoteChain(node.Next);
        }
        return -1;
    }

    private int FindNumber(double key)
    {
        var nodes = _nodes;
        if (nodes == _none) return -1;
        var passed = 0;
        for (var at = ModuloPlace(HashOf(key), nodes.Length); at >= 0; at = nodes[at].Next - 1)
        {
            if (nodes[at].Key.Object == Tags.Number && nodes[at].Key.Double == key) return at;
            if (passed++ == PassedFree) NoteChain(nodes[at].Next);
        }
        return -1;
    }

    // Where keys belong.

    private static uint HashOf(double number)
    {
        if (number == 0) return 0;
        var bits = BitConverter.DoubleToUInt64Bits(number);
        return (uint)bits + (uint)(bits >> 32);
    }

    private uint HashOf(in LuaValue key) => key.Object switch
    {
        LuaString text => text.Hash,
        Tag tag => tag == Tags.Number ? HashOf(key.Double) : tag == Tags.True ? 1u : 0u,
        _ => (uint)_memory.IdOf(key.Object!),
    };

    private static int MainPlace(uint hash, LuaType type, int size) =>
        type is LuaType.String or LuaType.Boolean ? (int)hash & (size - 1) : ModuloPlace(hash, size);

    /// <summary>By a divisor that is odd: numbers have many zeros at their end.</summary>
    private static int ModuloPlace(uint hash, int size) => (int)(hash % (uint)((size - 1) | 1));

    private static int MainPlace(in Node node, int size) => MainPlace(node.Hash, node.Key.Type, size);

    // Writing.

    /// <summary>Sets without metamethods; nil takes a place, too, if the key is new, as in PUC's. The key is not nil and not NaN, and the table not read-only: who calls has seen to that.</summary>
    public void Set(in LuaValue key, in LuaValue value)
    {
        AbsentEvents = 0;
        if (key.Object == Tags.Number)
        {
            var integer = double.ConvertToIntegerNative<int>(key.Double);
            // Zero is in no array, and keeps its sign.
            if (integer == key.Double && integer != 0)
            {
                SetInteger(integer, value);
                return;
            }
        }
        var at = Find(key);
        LuaValue.Copy(ref at >= 0 ? ref _nodes[at].Value : ref NewKey(key), value);
    }

    public void Set(LuaString key, in LuaValue value)
    {
        AbsentEvents = 0;
        var at = FindString(key);
        LuaValue.Copy(ref at >= 0 ? ref _nodes[at].Value : ref NewKey(key), value);
    }

    public void Set(int index, in LuaValue value) => SetInteger(index, value);

    internal void SetInteger(int index, in LuaValue value)
    {
        var array = _array;
        if ((uint)(index - 1) < (uint)array.Length)
        {
            LuaValue.Copy(ref array[index - 1], value);
            return;
        }
        var at = FindNumber(index);
        LuaValue.Copy(ref at >= 0 ? ref _nodes[at].Value : ref NewKey(index), value);
    }

    /// <summary>Sets what has a value already; answers whether it has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryReplace(int index, in LuaValue value)
    {
        var array = _array;
        if ((uint)(index - 1) >= (uint)array.Length || IsReadOnly) return false;
        ref var place = ref array[index - 1];
        if (place.IsNil && _metatable is not null) return false;
        LuaValue.Copy(ref place, value);
        return true;
    }

    /// <summary>Sets what has a value already; answers whether it has.</summary>
    internal bool TryReplace(LuaString key, in LuaValue value)
    {
        var nodes = _nodes;
        var hash = key.Hash;
        ref var node = ref nodes[(int)hash & (nodes.Length - 1)];
        var passed = 0;
        while (node.Key.Object != key && !(node.Hash == hash && AreEqual(node.Key.Object, key)))
        {
            if (passed++ == PassedFree) NoteChain(node.Next);
            if (node.Next == 0) return false;
            node = ref nodes[node.Next - 1];
        }
        if (node.Value.IsNil || IsReadOnly) return false;
        LuaValue.Copy(ref node.Value, value);
        return true;
    }

    /// <summary>
    /// Makes a place for a key that the table does not have. If the key's own place is taken by one that does not belong there, that one moves; otherwise the key
    /// goes to a free place and into the chain.
    /// </summary>
    private ref LuaValue NewKey(in LuaValue key)
    {
        var nodes = _nodes;
        var hash = HashOf(key);
        var place = MainPlace(hash, key.Type, nodes.Length);
        if (!nodes[place].Value.IsNil || nodes == _none)
        {
            var free = FreePlace();
            if (free < 0)
            {
                Rehash(key);
                return ref PlaceFor(key);
            }
            var other = MainPlace(nodes[place], nodes.Length);
            if (other != place)
            {
                var passed = 0;
                for (; nodes[other].Next - 1 != place; other = nodes[other].Next - 1) passed++;
                if (passed > PassedFree) _memory.Spend(passed);
                nodes[other].Next = free + 1;
                nodes[free] = nodes[place];
                nodes[place].Next = 0;
                nodes[place].Value = default;
            }
            else
            {
                nodes[free].Next = nodes[place].Next;
                nodes[place].Next = free + 1;
                place = free;
            }
        }
        ref var node = ref nodes[place];
        node.Key = key;
        node.Hash = hash;
        return ref node.Value;
    }

    private int FreePlace()
    {
        while (_lastFree-- > 0)
            if (_nodes[_lastFree].Key.IsNil) return _lastFree;
        return -1;
    }

    /// <summary>Where a key's value is or, from now on, will be.</summary>
    private ref LuaValue PlaceFor(in LuaValue key)
    {
        if (key.Object == Tags.Number)
        {
            var integer = double.ConvertToIntegerNative<int>(key.Double);
            if (integer == key.Double && (uint)(integer - 1) < (uint)_array.Length) return ref _array[integer - 1];
        }
        var at = Find(key);
        return ref at >= 0 ? ref _nodes[at].Value : ref NewKey(key);
    }

    // Sizes.

    /// <summary>Room for an array, as SETLIST and hosts make it before they fill it.</summary>
    public void ReserveArray(int size)
    {
        if (size > _array.Length) Resize(size, _nodes == _none ? 0 : _nodes.Length);
    }

    private void Rehash(in LuaValue added)
    {
        Span<int> counts = stackalloc int[TableSizes.SlicesMax];
        counts.Clear();
        var inArray = TableSizes.CountArray(_array, counts);
        var total = inArray + 1;
        foreach (ref var node in _nodes.AsSpan())
        {
            if (node.Value.IsNil) continue;
            if (TableSizes.Count(node.Key, counts)) inArray++;
            total++;
        }
        if (TableSizes.Count(added, counts)) inArray++;
        var arraySize = TableSizes.ArraySize(counts, inArray, out var held);
        Resize(arraySize, total - held);
    }

    private void Resize(int arraySize, int hashSize)
    {
        var oldArray = _array;
        var oldNodes = _nodes;
        var oldFree = _lastFree;
        var nodeCount = NodeCount(hashSize);
        _memory.Spend((PlaceCount + arraySize + nodeCount) >> LuaMachine.PlacesPerStepShift);
        // All that may fail comes before the first change. It is counted at once, for a walk over what lives does not see what is about to.
        _memory.Charge(BytesOfNodes(nodeCount) + Math.Max(0, BytesOfArray(arraySize) - BytesOfArray(oldArray.Length)));
        if (arraySize > oldArray.Length)
        {
            var grown = new LuaValue[arraySize];
            oldArray.AsSpan().CopyTo(grown);
            _array = grown;
        }
        TakeNodes(nodeCount);
        if (arraySize < oldArray.Length) _array = oldArray.AsSpan(0, arraySize).ToArray();
        try
        {
            for (var i = arraySize; i < oldArray.Length; i++)
                if (!oldArray[i].IsNil) PlaceFor(i + 1.0) = oldArray[i];
            for (var i = oldNodes.Length - 1; i >= 0; i--)
                if (!oldNodes[i].Value.IsNil) PlaceFor(oldNodes[i].Key) = oldNodes[i].Value;
        }
        catch
        {
            // Chains may be long, and whoever is asked on the way may end the script.
            (_array, _nodes, _lastFree) = (oldArray, oldNodes, oldFree);
            throw;
        }
        _memory.Discharge(BytesOfNodes(oldNodes == _none ? 0 : oldNodes.Length) + Math.Max(0, BytesOfArray(oldArray.Length) - BytesOfArray(arraySize)));
    }

    private void TakeNodes(int count)
    {
        _nodes = count == 0 ? _none : new Node[count];
        _lastFree = count;
    }

    private static int NodeCount(int size)
    {
        if (size > TableSizes.SizeMax) throw new LuaException(LuaString.Of("table overflow"u8));
        return size == 0 ? 0 : (int)BitOperations.RoundUpToPowerOf2((uint)size);
    }

    // Borders.

    /// <summary>An index with a value behind which there is none, as PUC's finds it; 0 if there is none at 1.</summary>
    public int Length
    {
        get
        {
            var array = _array;
            var high = array.Length;
            if (high > 0 && array[high - 1].IsNil)
            {
                var low = 0;
                while (high - low > 1)
                {
                    var middle = (int)(((uint)low + (uint)high) / 2);
                    if (array[middle - 1].IsNil) high = middle;
                    else low = middle;
                }
                return low;
            }
            return _nodes == _none ? high : SearchBeyond(high);
        }
    }

    private int SearchBeyond(int from)
    {
        long low = from, high = from + 1L;
        while (!GetInteger((int)high).IsNil)
        {
            low = high;
            high *= 2;
            if (high <= int.MaxValue) continue;
            // Made for the worst: one after the other then.
            for (low = 1; !GetInteger((int)low).IsNil; low++)
            {
            }
            _memory.Spend(low);
            return (int)(low - 1);
        }
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (GetInteger((int)middle).IsNil) high = middle;
            else low = middle;
        }
        return (int)low;
    }

    // Traversal.

    /// <summary>
    /// Goes on behind a place of the traversal, 0 at first, and answers the place that has the next key and value; -1 at the end. Values may be replaced and set
    /// to nil meanwhile, keys not added.
    /// </summary>
    public int Next(int place, out LuaValue key, out LuaValue value)
    {
        var array = _array;
        for (; place < array.Length; place++)
        {
            if (array[place].IsNil) continue;
            key = place + 1.0;
            value = array[place];
            return place + 1;
        }
        var nodes = _nodes;
        for (var i = place - array.Length; i < nodes.Length; i++)
        {
            if (nodes[i].Value.IsNil) continue;
            key = nodes[i].Key;
            value = nodes[i].Value;
            return i + array.Length + 1;
        }
        key = value = default;
        return -1;
    }

    /// <summary>The place of the traversal that has a key; -1 if it has none.</summary>
    internal int PlaceOf(in LuaValue key)
    {
        if (key.IsNil) return 0;
        if (key.Object == Tags.Number)
        {
            var integer = double.ConvertToIntegerNative<int>(key.Double);
            if (integer == key.Double && (uint)(integer - 1) < (uint)_array.Length) return integer;
        }
        var at = Find(key);
        return at < 0 ? -1 : at + _array.Length + 1;
    }

    // What the walk over all that is reachable needs.

    /// <summary>With and without values: what a traversal goes through.</summary>
    public int PlaceCount => _array.Length + _nodes.Length;

    /// <summary>Key and value at a place of the traversal; a key only where there is a value.</summary>
    internal void PairAt(int place, out LuaObject? key, out LuaObject? value)
    {
        if (place < _array.Length)
        {
            key = null;
            value = _array[place].Object;
            return;
        }
        ref var node = ref _nodes[place - _array.Length];
        value = node.Value.Object;
        key = value is null ? null : node.Key.Object;
    }

    /// <summary>The key that stays at a place of the traversal after its value was set to nil; null if there is none.</summary>
    internal LuaObject? LeftKeyAt(int place)
    {
        if (place < _array.Length) return null;
        ref var node = ref _nodes[place - _array.Length];
        return node.Value.IsNil ? node.Key.Object : null;
    }

    /// <summary>The place stays taken and in its chain.</summary>
    internal void ForgetKeyAt(int place) => _nodes[place - _array.Length].Key = new(Tags.Dead);

    internal void ClearAt(int place)
    {
        if (place < _array.Length) _array[place] = default;
        else _nodes[place - _array.Length].Value = default;
    }

    internal bool IsEmptyAt(int place) => (place < _array.Length ? _array[place] : _nodes[place - _array.Length].Value).IsNil;
}
