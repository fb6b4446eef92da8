# redis-py as it is usually configured. Speaks the lines of src/tools/clients/follower.ts.
# Arguments: group name, key, seconds to live, host:port of each Sentinel.

import sys
import time

import redis
from redis.sentinel import Sentinel

name, key, seconds, *places = sys.argv[1:]


def say(*words):
    print(*words, flush=True)


say("version", redis.__version__)
sentinel = Sentinel(
    [(host, int(port)) for host, port in (place.split(":") for place in places)],
    min_other_sentinels=len(places) - 1,
    socket_timeout=0.5,
)
master = sentinel.master_for(name, socket_timeout=0.5)
replica = sentinel.slave_for(name, socket_timeout=0.5)


def discover():
    say("master", "%s:%d" % sentinel.discover_master(name))
    for place in sentinel.discover_slaves(name):
        say("replica", "%s:%d" % place)
    # What a monitoring agent reads through the same library.
    first = sentinel.sentinels[0]
    seen = first.sentinel_master(name)
    links = [one["master-link-status"] for one in first.sentinel_slaves(name)]
    others = [one["is_sentinel"] for one in first.sentinel_sentinels(name)]
    if not (seen["is_master"] and seen["quorum"] > 0 and set(links) <= {"ok", "err"} and all(others)):
        say("fail sentinel_master, _slaves or _sentinels")


def read():
    info = replica.info()
    say("read", info["role"], info["tcp_port"])


def trial(step):
    try:
        step()
        return True
    except Exception as error:
        say("fail", type(error).__name__, str(error).replace("\n", " "))
        return False


end = time.time() + float(seconds)
found = False
turn = 0
while time.time() < end:
    turn += 1
    found = found or trial(discover)
    trial(lambda: say("write", turn) if master.set(key, turn) else None)
    if turn % 5 == 0:
        trial(read)
    time.sleep(0.02)
