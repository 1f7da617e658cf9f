# A session of ruby-redis: session.rb PORT SOCKET. One line per check; ends at the first that fails.
require "redis"

port, socket = ARGV[0].to_i, ARGV[1]

def check(name, seen, wanted)
  abort "FAILED #{name}: got #{seen.inspect}, wanted #{wanted.inspect}" unless seen == wanted
  puts "ok #{name}"
end

# The error's message, or nil without one.
def error_of
  yield
  nil
rescue Redis::CommandError => error
  error.message
end

def session(r, way, port)
  check "#{way}: PING", r.ping, "PONG"
  check "#{way}: FLUSHALL", r.flushall, "OK"
  check "#{way}: CLIENT SETNAME at connect", r.client(:getname), "session-#{way}"
  check "#{way}: CLIENT SETNAME", [r.client(:setname, "renamed"), r.client(:getname)], %w[OK renamed]

  check "#{way}: SET", r.set("k", "one"), "OK"
  check "#{way}: GET", r.get("k"), "one"
  check "#{way}: GET of no key", r.get("none"), nil
  check "#{way}: SET NX of a key", r.set("k", "two", nx: true), false
  check "#{way}: SET XX", r.set("k", "two", xx: true), true
  check "#{way}: SET GET", r.set("k", "three", get: true), "two"
  check "#{way}: SET EX", [r.set("k", "four", ex: 10_000), (9_000..10_000).cover?(r.ttl("k"))], ["OK", true]
  check "#{way}: SET KEEPTTL", [r.set("k", "five", keepttl: true), r.ttl("k") > 0], ["OK", true]
  check "#{way}: SET PX", [r.set("k", "six", px: 10_000_000), (9_000_000..10_000_000).cover?(r.pttl("k"))], ["OK", true]
  check "#{way}: SET drops the TTL", [r.set("k", "seven"), r.ttl("k")], ["OK", -1]
  check "#{way}: EXPIRE, TTL", [r.expire("k", 10_000), (9_000..10_000).cover?(r.ttl("k"))], [true, true]
  check "#{way}: TTL of no key", r.ttl("none"), -2
  check "#{way}: MSET, MGET", [r.mset("a", 1, "b", 2), r.mget("a", "none", "b")], ["OK", ["1", nil, "2"]]
  check "#{way}: INCR", [r.incr("n"), r.incr("n"), r.incrby("n", 40)], [1, 2, 42]
  check "#{way}: APPEND", [r.append("text", "abc"), r.append("text", "def"), r.get("text")], [3, 6, "abcdef"]
  check "#{way}: TYPE", [r.type("text"), r.type("none")], %w[string none]
  check "#{way}: EXISTS, DEL", [r.exists("a", "b", "none"), r.del("a", "b", "none"), r.exists?("a")], [2, 2, false]

  check "#{way}: FLUSHALL, DBSIZE", [r.flushall, r.dbsize], ["OK", 0]
  check "#{way}: pipeline of 1,000 SET", r.pipelined { |p| 1000.times { |i| p.set("p:#{i}", i) } }, ["OK"] * 1000
  check "#{way}: pipeline of 1,000 GET", r.pipelined { |p| 1000.times { |i| p.get("p:#{i}") } }, (0...1000).map(&:to_s)
  check "#{way}: DBSIZE", r.dbsize, 1000
  keys = (0...1000).map { |i| "p:#{i}" }.sort
  check "#{way}: SCAN", r.scan_each(count: 7).to_a.uniq.sort, keys
  check "#{way}: SCAN MATCH", r.scan_each(match: "p:99?").to_a.uniq.sort, keys.grep(/\Ap:99.\z/)
  check "#{way}: SCAN TYPE", r.scan_each(type: "string").to_a.uniq.sort, keys

  every = ((0..255).to_a.pack("C*") + "\r\n\0\xff".b)
  check "#{way}: binary key and value", [r.set(every, every), r.get(every).b], ["OK", every]
  megabyte = every[0, 256] * 4096
  check "#{way}: value of 1 MB", [r.set("large", megabyte), r.get("large").b == megabyte], ["OK", true]

  check "#{way}: error of INCR", error_of { r.incr("large") }, "ERR value is not an integer or out of range"
  check "#{way}: error of an unknown command", error_of { r.call("NOSUCH", "x") }.strip, "ERR unknown command 'NOSUCH', with args beginning with: 'x'"
  check "#{way}: error in a pipeline", error_of { r.pipelined { |p| p.set("p", "word"); p.incr("p"); p.set("q", "after") } }, "ERR value is not an integer or out of range"
  check "#{way}: what followed the error", r.get("q"), "after"

  check "#{way}: CONFIG GET", r.config(:get, "databases"), { "databases" => "16" }
  info = r.info
  check "#{way}: INFO", [info["redis_version"][0], info["tcp_port"], info["role"]], ["8", port.to_s, "master"]
  check "#{way}: INFO keyspace", r.info("keyspace")["db0"][/keys=(\d+)/, 1].to_i, r.dbsize
end

session Redis.new(port: port, id: "session-tcp"), "tcp", port
session Redis.new(path: socket, id: "session-unix"), "unix", port

third = Redis.new(port: port, db: 3)
check "SELECT at connect", [third.set("here", "only"), third.dbsize], ["OK", 1]
check "SELECT", [third.select(0), third.exists("here")], ["OK", 0]
check "SELECT back", [third.select(3), third.get("here")], %w[OK only]
check "SELECT out of range", error_of { third.select(99) }, "ERR DB index is out of range"
puts "session complete"
