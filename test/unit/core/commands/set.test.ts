/** Values of the options of a group: what SENTINEL SET takes, and what it makes of it. */
import { expect, test } from 'vitest';
import { blankConfig, blankGroup, createState, step } from '../../../../src/core/index.ts';
import { surroundings } from '../../../support/plain.ts';

function set(option: string, value: string, denied = false) {
  const config = {
    ...blankConfig(),
    ...{ myId: 'a'.repeat(40), denyScriptsReconfig: denied },
    groups: [blankGroup({ name: 'm', host: '10.0.0.1', port: 6379, quorum: 2 })],
  };
  const isExecutable = (path: string) => path === '/bin/true';
  const state = createState(config, surroundings({ isExecutable }), 0);
  step(state, { type: 'start' }, 0);
  const argv = ['sentinel', 'set', 'm', option, value];
  const { effects } = step(state, { type: 'command', request: 1, argv }, 1);
  // Whatever is taken is saved before it is answered.
  const [reply] = effects.flatMap((one) => (one.type === 'answer' ? [one.reply] : []));
  const error = reply?.kind === 'error' ? reply.text : null;
  return { error, group: state.groups.get('m')! };
}

const I32_MAX = 2147483647;
const SAFE = Number.MAX_SAFE_INTEGER;

test.each([
  ['down-after-milliseconds', '1', { downAfter: 1 }],
  ['Down-After-Milliseconds', '5000', { downAfter: 5000 }],
  ['down-after-milliseconds', String(SAFE), { downAfter: SAFE }],
  ['failover-timeout', '180000', { failoverTimeout: 180_000 }],
  ['parallel-syncs', String(I32_MAX), { parallelSyncs: I32_MAX }],
  ['quorum', '1', { quorum: 1 }],
  ['quorum', String(I32_MAX), { quorum: I32_MAX }],
  ['master-reboot-down-after-period', '0', { masterRebootDownAfter: 0 }],
  ['primary-reboot-down-after-period', '7', { masterRebootDownAfter: 7 }],
  ['notification-script', '/bin/true', { notificationScript: '/bin/true' }],
  ['notification-script', '', { notificationScript: null }],
  ['client-reconfig-script', '/bin/true', { clientReconfigScript: '/bin/true' }],
  ['auth-pass', 'p w', { authPass: 'p w' }],
  ['auth-pass', '', { authPass: null }],
  ['auth-user', 'bob', { authUser: 'bob' }],
])('%s %j is taken', (option, value, expected) => {
  const { error, group } = set(option, value);
  expect(error).toBeNull();
  expect(group).toMatchObject(expected);
});

test.each([
  ...['0', '-1', '', 'x', '1x', '01', '+1', '1.5', ' 1'].flatMap((value) => [
    ['down-after-milliseconds', value],
    ['failover-timeout', value],
    ['parallel-syncs', value],
    ['quorum', value],
  ]),
  ['down-after-milliseconds', String(2n ** 53n)],
  ['parallel-syncs', String(I32_MAX + 1)],
  ['quorum', String(I32_MAX + 1)],
  ['master-reboot-down-after-period', '-1'],
])('%s %j is no value', (option, value) => {
  const { error } = set(option!, value!);
  expect(error).toBe(`ERR Invalid argument '${value}' for SENTINEL SET '${option}'`);
});

test.each([
  ['no-such-option', '1', false, /^ERR Unknown option or number of arguments for SENTINEL SET/],
  ['notification-script', '/bin/no', false, /^ERR Notification script seems non existing/],
  ['client-reconfig-script', '/bin/no', false, /^ERR Client reconfiguration script seems non/],
  ['notification-script', '/bin/true', true, /^ERR Reconfiguration of scripts path is denied/],
])('%s %s, scripts denied: %s, is refused', (option, value, denied, error) => {
  expect(set(option, value, denied).error).toMatch(error);
});
