# A session of Sidekiq: what became of each job, a line each. Knows nothing of the server, so that its output can be compared with that of another one.
require_relative "sidekiq_jobs"
require "sidekiq/api"

JOBS = File.join(__dir__, "sidekiq_jobs.rb")
R = Redis.new(url: ENV["REDIS_URL"])
R.flushall
$stdout.sync = true
$started = []
at_exit { $started.each { |pid| Process.kill(:KILL, pid) rescue Errno::ESRCH } }

def start(*options)
  pid = spawn("/usr/bin/sidekiq", "-r", JOBS, "-c", "5", "-q", "urgent", "-q", "default", *options, %i[out err] => File::NULL)
  $started << pid
  pid
end

def stop(pid)
  Process.kill(:TERM, pid)
  Process.wait2(pid)[1].exitstatus
end

def wait_for
  sleep 0.02 until yield
end

# What jobs have added up, once there are so many.
def sums(count)
  wait_for { R.llen("sums") >= count }
  found = R.lrange("sums", 0, -1).map(&:to_i).sort
  R.del("sums")
  found
end

def tell(what, *seen) = puts("#{what} #{seen.inspect}")

retries, scheduled, dead = Sidekiq::RetrySet.new, Sidekiq::ScheduledSet.new, Sidekiq::DeadSet.new

urgent, queue = Sidekiq::Queue.new("urgent"), Sidekiq::Queue.new
jids = (0...50).map { |number| Add.perform_async(number, 0) }
Add.perform_bulk((50...2000).map { |number| [number, 0] })
first = Add.set(queue: "urgent").perform_async(2000, 0)
tell "waiting", queue.size, urgent.size, Sidekiq::Queue.all.map(&:name).sort, queue.map(&:jid).last(50).reverse == jids, urgent.find_job(first).args
tell "deleted", queue.find_job(jids[7]).delete, queue.size, queue.find_job(jids[7])
process = start
tell "done", sums(2000) == [*0..6, *8..2000]
wait_for { Sidekiq::Stats.new.processed == 2000 }
stats = Sidekiq::Stats.new
tell "statistics", stats.failed, stats.enqueued, stats.queues, Sidekiq::Stats::History.new(2).processed.values.sum

Add.perform_in(0.3, 1, 1)
Add.perform_at(Time.now + 86_400, 2, 2)
far = Add.perform_in(86_400, 3, 3)
Add.perform_in(-1, 4, 4)
tell "at its time", sums(2), scheduled.size
scheduled.find_job(far).reschedule(Time.now)
tell "brought forward", sums(1), scheduled.map(&:args), scheduled.scan("Add").map(&:args)
scheduled.first.delete
R.script(:flush)
Add.perform_in(0.1, 5, 5)
tell "scheduled after SCRIPT FLUSH", sums(1), scheduled.size

Fail.perform_async("thrice")
2.times do |number|
  wait_for { retries.size == 1 && R.get("tries:thrice") == (number + 1).to_s }
  job = retries.first
  tell "to be tried again", job["retry_count"], job["error_class"], job["error_message"], job.at > Time.now, dead.size
  job.reschedule(Time.now)
end
wait_for { dead.size == 1 }
tell "given up", R.get("tries:thrice"), R.lrange("exhausted", 0, -1), retries.size, dead.first.args
R.set("allowed:thrice", 1)
dead.retry_all
tell "tried again by hand", sums(1), dead.size
Fail.perform_async("killed")
wait_for { retries.size == 1 }
retries.kill_all
tell "killed", retries.size, dead.map(&:args), dead.clear && dead.size
wait_for { Sidekiq::Stats.new.failed == 4 }

# Two look for what is due, and each job comes once.
second = start
wait_for { Sidekiq::ProcessSet.new.size == 2 }
Sidekiq::Client.push_bulk("class" => Add, "args" => (0...1000).map { |number| [number, 0] }, "at" => Time.now.to_f + 0.3)
tell "each once", sums(1000) == [*0...1000], scheduled.size, R.llen("sums"), queue.size
tell "shut down", stop(second), Sidekiq::ProcessSet.new.size, stop(process), Sidekiq::ProcessSet.new.size

# A process that ends gives back what it had begun. It has one thread: another would take the job again before it ends, too.
process = start("-c", "1", "-t", "1")
jid = Hold.perform_async("job")
held = R.blpop("held:job")[1]
wait_for { Sidekiq::WorkSet.new.size == 1 }
tell "at work", held == jid, Sidekiq::WorkSet.new.map { |_, _, work| work["payload"]["args"] }, Sidekiq::ProcessSet.new.first["busy"], queue.size
Sidekiq::ProcessSet.new.first.stop!
tell "stopped", Process.wait2(process)[1].exitstatus, Sidekiq::ProcessSet.new.size, queue.map(&:jid) == [jid]
process = start("-c", "1", "-t", "1")
tell "begun again", R.blpop("held:job")[1] == jid, stop(process), queue.size
process = start
R.blpop("held:job")
R.lpush("release:job", 1)
tell "done", sums(1), stop(process), queue.size
Add.perform_bulk([[1, 1], [2, 2]])
tell "cleared", queue.clear && queue.size, Sidekiq::Queue.all.map(&:name)
puts "session complete"
