# redis-rb with its own Sentinel connectors, one for each role. Speaks the lines of src/tools/clients/follower.ts.
# Arguments: group name, key, seconds to live, host:port of each Sentinel.

require 'redis'

NAME, KEY, SECONDS, *PLACES = ARGV
$stdout.sync = true

def say(*words)
  puts words.join(' ')
end

def open(role)
  sentinels = PLACES.map { |place| place.split(':') }.map { |host, port| { host: host, port: port.to_i } }
  Redis.new(url: "redis://#{NAME}", sentinels: sentinels, role: role, timeout: 0.5, reconnect_attempts: 1)
end

def discover
  host, port = PLACES.first.split(':')
  sentinel = Redis.new(host: host, port: port.to_i, timeout: 0.5)
  say 'master', sentinel.sentinel('get-master-addr-by-name', NAME).join(':')
  sentinel.sentinel('replicas', NAME).each { |one| say 'replica', "#{one.fetch('ip')}:#{one.fetch('port')}" }
ensure
  sentinel&.close
end

def trial
  yield
  true
rescue Redis::BaseError => e
  say 'fail', e.class, e.message.tr("\n", ' ')
  false
end

say 'version', Redis::VERSION
master = open(:master)
replica = open(:slave)
stop_at = Time.now + SECONDS.to_f
found = false
turn = 0
while Time.now < stop_at
  turn += 1
  found ||= trial { discover }
  trial do
    master.set(KEY, turn)
    say 'write', turn
    # redis-rb keeps a connection that answers READONLY.
  end || master.close
  if (turn % 5).zero?
    trial do
      info = replica.info
      say 'read', info['role'], info['tcp_port']
    end
  end
  sleep 0.02
end
