-- Runs a source and tells its results, or its error, in one line. Recording and tests run this very text.
local source = ...
local function show(v, depth)
  local t = type(v)
  if t == "string" then
    local s = v:gsub('[%c"\\\127-\255]', function(c) return string.format("\\%d", c:byte()) end)
    return '"' .. s .. '"'
  elseif t == "number" then
    if v ~= v then return "nan" end
    return (string.format("%.17g", v))
  elseif t == "table" then
    if depth > 6 then return "{...}" end
    local keys, parts, n = {}, {}, 0
    for k in pairs(v) do n = n + 1 keys[n] = k end
    table.sort(keys, function(a, b) return show(a, 9) < show(b, 9) end)
    for i = 1, n do
      local k = keys[i]
      parts[i] = k == i and show(v[k], depth + 1) or "[" .. show(k, depth + 1) .. "]=" .. show(v[k], depth + 1)
    end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif t == "nil" or t == "boolean" then return tostring(v)
  end
  return t
end
local function list(isOk, ...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = show((select(i, ...)), 0) end
  return (isOk and "" or "error: ") .. table.concat(parts, ", ")
end
local f, message = loadstring(source, "@user_script")
if not f then return "syntax: " .. show(message, 0) end
return list(pcall(f))
