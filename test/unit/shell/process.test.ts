import { describe, expect, it } from 'vitest';
import { errorText } from '../../../src/shell/errno.ts';
import { procTitle, supervisor } from '../../../src/shell/process.ts';

const words = {
  title: 'redis-sentinel',
  listenAddr: '127.0.0.1:41000',
  serverMode: '[sentinel]',
  port: 41000,
  tlsPort: 0,
  unixSocket: '',
  configFile: '/etc/sentinel.conf',
};

describe('the process title', () => {
  it('follows the template', () => {
    expect(procTitle('{title} {listen-addr} {server-mode}', words)).toBe(
      'redis-sentinel 127.0.0.1:41000 [sentinel]',
    );
    expect(procTitle('{title} {port}/{tls-port} {config-file} {unixsocket}', words)).toBe(
      'redis-sentinel 41000/0 /etc/sentinel.conf',
    );
  });

  it('is none when the template names an unknown word', () => {
    expect(procTitle('{title} {nobody}', words)).toBeNull();
  });
});

describe('who supervises', () => {
  it('is told by the environment when the file says auto', () => {
    expect(supervisor('auto', { NOTIFY_SOCKET: '/run/x' })).toBe('systemd');
    expect(supervisor('auto', { UPSTART_JOB: 'x' })).toBe('upstart');
    expect(supervisor('auto', {})).toBe('no');
    expect(supervisor('systemd', {})).toBe('systemd');
  });
});

describe('the words of the system', () => {
  it('are those of the C library, and the message of an error that is none of the system', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(errorText(refused)).toBe('Connection refused');
    expect(errorText(new Error('something else'))).toBe('something else');
  });
});
