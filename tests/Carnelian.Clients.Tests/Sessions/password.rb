# ruby-redis where a password is set: password.rb PORT SOCKET. One line per check; ends at the first that fails.
require "redis"

port, socket = ARGV[0].to_i, ARGV[1]

def check(name, seen, wanted)
  abort "FAILED #{name}: got #{seen.inspect}, wanted #{wanted.inspect}" unless seen == wanted
  puts "ok #{name}"
end

# The error's message, or what was answered instead.
def error_of
  yield
rescue Redis::BaseError => error
  error.message
end

def session(r, way, port)
  check "#{way}: SET, GET", [r.set("k", "v"), r.get("k")], %w[OK v]
  replies = r.pipelined { |p| 100.times { |i| p.set("p:#{i}", i); p.get("p:#{i}") } }
  check "#{way}: pipeline", replies, (0...100).flat_map { |i| ["OK", i.to_s] }
  check "#{way}: INFO", r.info["tcp_port"], port.to_s
end

session Redis.new(port: port, password: "pw", id: "session"), "password", port
session Redis.new(port: port, username: "default", password: "pw", db: 3), "user and password", port
session Redis.new(path: socket, password: "pw"), "unix", port
session Redis.new(url: "redis://:pw@127.0.0.1:#{port}/0"), "URL", port
check "wrong password", error_of { Redis.new(port: port, password: "no").ping }, "WRONGPASS invalid username-password pair or user is disabled."
check "no password", error_of { Redis.new(port: port).ping }, "NOAUTH Authentication required."
puts "session complete"
