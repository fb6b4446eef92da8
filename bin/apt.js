// Debian packages without the services they bring: everything here starts its own servers on free
// ports, and the usual ports belong to whoever uses this machine.

import { asRoot, lastLines, run, say, which } from './run.js';

/**
 * A shell script that installs packages. Debian starts and enables a service with its package:
 * policy-rc.d forbids the start, disable takes back the rest. The file is removed again; one that
 * was there before is left as it is.
 * @param {string[]} packages
 * @param {string[]} services those that the packages bring
 */
export function aptScript(packages, services) {
  return `set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
apt-get update
apt-get install -y --no-install-recommends ${packages.join(' ')}
for service in ${services.join(' ')}; do
  systemctl disable $service || update-rc.d $service disable || true
done`;
}

/** Packages of `npm run clients` that bring a service of the same name. */
const SERVICES = ['haproxy', 'prometheus-redis-exporter'];

/**
 * @param {readonly string[]} packages
 * @returns {string | null} null when they are installed, else why not
 */
export function installDebian(packages) {
  if (which('apt-get') === null) return 'there is no apt-get here';
  const services = SERVICES.filter((one) => packages.includes(one));
  const command = asRoot(['sh', '-c', aptScript(packages, services)]);
  if (command === null) return 'apt-get needs root, which this user is not';
  say(`Installing ${packages.join(', ')} with apt-get (no service is started) …`);
  const { ok, output } = run(command[0], command.slice(1));
  return ok ? null : `apt-get failed: ${lastLines(output)}`;
}
