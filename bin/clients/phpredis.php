<?php
// phpredis: class RedisSentinel names the servers, and the script asks again when one fails it, as
// applications on it do. Speaks the lines of src/tools/clients/follower.ts.
// Arguments: group name, key, seconds to live, host:port of each Sentinel.

[, $name, $key, $seconds] = $argv;
$places = array_slice($argv, 4);

function say(...$words) {
    echo implode(' ', $words), "\n";
}

/** What `$question` gets from the first Sentinel that answers. */
function ask(array &$places, callable $question) {
    for ($index = 0; $index < count($places); $index++) {
        [$host, $port] = explode(':', $places[0]);
        try {
            $answer = $question(new RedisSentinel($host, (int) $port, 0.5, null, 0, 0.5));
            if ($answer) {
                return $answer;
            }
        } catch (RedisException $error) {
            say('fail', $error->getMessage());
        }
        $places[] = array_shift($places);
    }
    throw new RedisException('no Sentinel answers');
}

function connectTo(string $host, $port): Redis {
    $redis = new Redis();
    $redis->connect($host, (int) $port, 0.5, null, 0, 0.5);
    return $redis;
}

$usable = fn ($one) => !preg_match('/s_down|o_down|disconnected/', $one['flags']);
$findMaster = function () use (&$places, $name) {
    return ask($places, fn ($sentinel) => $sentinel->getMasterAddrByName($name));
};
$findReplicas = function () use (&$places, $name, $usable) {
    $all = ask($places, fn ($sentinel) => $sentinel->slaves($name));
    return array_values(array_filter($all, $usable));
};

say('version', phpversion('redis'));
$end = microtime(true) + (float) $seconds;
$found = false;
$master = $replica = null;
for ($turn = 1; microtime(true) < $end; $turn++) {
    try {
        if (!$found) {
            $rest = fn ($sentinel) => $sentinel->ping() && $sentinel->ckquorum($name)
                && $sentinel->master($name)['name'] === $name && count($sentinel->masters()) === 1
                && count($sentinel->sentinels($name)) === count($places) - 1;
            if (!ask($places, $rest)) {
                say('fail', 'ping, ckquorum, master, masters or sentinels');
            }
            say('master', implode(':', $findMaster()));
            foreach ($findReplicas() as $one) {
                say('replica', $one['ip'] . ':' . $one['port']);
            }
            $found = true;
        }
        $master ??= connectTo(...$findMaster());
        if (!$master->set($key, $turn)) {
            throw new RedisException((string) $master->getLastError());
        }
        say('write', $turn);
    } catch (RedisException $error) {
        $master = null;
        say('fail', $error->getMessage());
    }
    if ($turn % 5 === 0) {
        try {
            if ($replica === null) {
                $all = $findReplicas();
                if ($all === []) {
                    throw new RedisException('no replica');
                }
                $one = $all[array_rand($all)];
                $replica = connectTo($one['ip'], $one['port']);
            }
            $info = $replica->info();
            say('read', $info['role'], $info['tcp_port']);
            if ($info['role'] !== 'slave') {
                $replica = null;
            }
        } catch (RedisException $error) {
            $replica = null;
            say('fail', $error->getMessage());
        }
    }
    usleep(20000);
}
