/**
 * `redis-sentinel-ts --check FILE`: what a start would do with a configuration, without starting:
 * nothing is written, no connection is made, no log is opened. (Ports are opened and closed again
 * at once, to see that they are free; names are looked up where the configuration asks for it, as
 * at every start.)
 */
import { type ParsedConfig, rewriteConfig, splitArguments } from '../config/index.ts';
import {
  configOf,
  createState,
  DIALECTS,
  defaultsOf,
  GROUP_OPTION_ROWS,
  optionNames,
  shown,
} from '../core/index.ts';
import { ListenError, Server, tryPorts } from '../server/index.ts';
import {
  AclFile,
  claimedBy,
  monotonic,
  newFileComplaint,
  readRegular,
  saveComplaint,
  Tls,
} from '../shell/index.ts';
import { StartError, serverConfig, usersForFile } from './serverconfig.ts';

/** Longer texts are cut in what is shown of the file. */
const SHOWN_MAX_BYTES = 200;

export interface Checked {
  /** Absolute path, a byte string. */
  readonly file: string;
  readonly parsed: ParsedConfig;
}

export interface Findings {
  /** Why it would not start; empty if it would. */
  readonly errors: readonly string[];
  /** Preconditions: that others release the file or the port. */
  readonly conditions: readonly string[];
  /** What it would log at the start, and other problems. */
  readonly warnings: readonly string[];
  /** What the first save would change: lines prefixed with `-` and `+`, without passwords. */
  readonly changes: readonly string[];
}

export async function check({ file, parsed }: Checked): Promise<Findings> {
  const errors: string[] = [];
  const warnings = [...parsed.warnings];
  errors.push(...(saveComplaint(file) ?? []));
  const holder = claimedBy(file);
  const conditions: string[] = [];
  if (holder !== null) conditions.push(`process ${holder}, which runs on this file, has ended`);
  const { pidFile } = parsed.generic;
  const unwritable = pidFile === null || pidFile === '' ? null : newFileComplaint(pidFile);
  if (unwritable !== null) warnings.push(`No pid file would be written: ${unwritable}`);
  const { tls } = parsed.generic;
  if (tls.port !== 0 || tls.replication) {
    await new Tls(tls).load().catch((error: Error) => errors.push(error.message));
  }
  if (holder === null) {
    const config = serverConfig(parsed.generic, { configFile: file, supervisor: 'no' });
    // The original that is to be replaced still has the port.
    await tryPorts(config).catch(({ lines: [why = ''] }: ListenError) => {
      conditions.push('its port is free');
      warnings.push(why.replace(/^Warning: /, ''));
    });
  }
  const outcome = readRegular(file);
  const before = 'text' in outcome ? outcome.text : '';
  let changes: string[] = [];
  try {
    changes = difference(before, firstSave(file, before, parsed)).map((line) =>
      withoutSecret(line).slice(0, SHOWN_MAX_BYTES),
    );
  } catch (error) {
    if (!(error instanceof StartError || error instanceof ListenError)) throw error;
    errors.push(...error.lines);
  }
  return { errors, conditions, warnings, changes };
}

/** The text that a Sentinel would save at its start. */
function firstSave(file: string, before: string, { generic, sentinel }: ParsedConfig): string {
  const state = createState(
    sentinel,
    {
      dialect: DIALECTS[generic.compat],
      port: generic.port,
      tlsPort: generic.tls.port,
      tlsReplication: generic.tls.replication,
      requirepass: generic.requirepass,
      logLevel: generic.logLevel,
      seed: 'an id is chosen at the start only',
      isExecutable: () => true,
    },
    monotonic(),
  );
  const silent = () => {};
  const server = new Server(
    serverConfig(generic, { configFile: file, supervisor: 'no' }),
    generic.aclFile === ''
      ? { log: silent, command: silent, shutdown: silent }
      : {
          ...{ log: silent, command: silent, shutdown: silent },
          aclFile: new AclFile(generic.aclFile, silent),
        },
  );
  server.readUsers();
  const config = configOf(state);
  const text = rewriteConfig(before, generic, config, {
    users: usersForFile(server, generic),
    defaults: defaultsOf(state),
    logLevel: generic.logLevel,
  });
  return sentinel.myId === null ? text.replaceAll(state.myId, '<a new id>') : text;
}

/** Lines that only one of two texts has, in order. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const gone = without(old, now).map((line) => `- ${line}`);
  const come = without(now, old).map((line) => `+ ${line}`);
  return [...gone, ...come];
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0 && line.trim() !== '';
  });
}

/**
 * Directives of which only the name may be shown, and of `sentinel` lines the first two arguments.
 */
const SECRET = /^(requirepass|masterauth|primaryauth|user|tls-.*key-file-pass)$/i;
const GROUP_SECRETS: ReadonlySet<string> = new Set(
  GROUP_OPTION_ROWS.flatMap(([, row]) =>
    row.kind === 'credential' && row.secret ? optionNames(row) : [],
  ),
);

/** However the arguments are quoted; control characters are shown. */
function withoutSecret(line: string): string {
  const [sign, rest] = [line.slice(0, 2), line.slice(2)];
  const [first = '', second = '', third = ''] = splitArguments(rest) ?? [];
  if (SECRET.test(first)) {
    const name = first.toLowerCase() === 'user' ? ` ${second}` : '';
    return shown(`${sign}${first}${name} (secret)`);
  }
  const word = first.toLowerCase() === 'sentinel' ? second.toLowerCase() : '';
  if (word === 'sentinel-pass') return shown(`${sign}${first} ${second} (secret)`);
  if (GROUP_SECRETS.has(word)) return shown(`${sign}${first} ${second} ${third} (secret)`);
  return shown(line);
}
