# What the processes of sidekiq_session.rb do.
require "sidekiq"

Redis.silence_deprecations = true
Sidekiq.configure_server { Sidekiq.options[:poll_interval_average] = 0.1 }

class Add
  include Sidekiq::Job

  def perform(a, b) = Sidekiq.redis { |r| r.rpush("sums", a + b) }
end

# Fails until it is allowed to succeed.
class Fail
  include Sidekiq::Job
  sidekiq_options retry: 2
  sidekiq_retry_in { 3600 }
  sidekiq_retries_exhausted { |job, error| Sidekiq.redis { |r| r.rpush("exhausted", "#{job["args"][0]}: #{error.message}") } }

  def perform(name)
    Sidekiq.redis do |r|
      tries = r.incr("tries:#{name}")
      raise ArgumentError, "#{name} fails" unless r.get("allowed:#{name}")

      r.rpush("sums", tries)
    end
  end
end

# Tells that it has begun, and lasts until it is released.
class Hold
  include Sidekiq::Job

  def perform(name)
    r = Redis.new(url: ENV["REDIS_URL"])
    r.rpush("held:#{name}", jid)
    r.brpop("release:#{name}")
    r.rpush("sums", 0)
  end
end
