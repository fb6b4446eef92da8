/** The INFO text of a virtual server, as far as a Sentinel reads it. */
export interface InfoSource {
  readonly runId: string;
  /** Default 8.0.6. */
  readonly version?: string;
  readonly master: { readonly host: string; readonly port: number } | null;
  readonly linkUp: boolean;
  readonly linkDownMs: number;
  readonly syncing: boolean;
  readonly offset: number;
  readonly priority: number;
  /** It reads its data from disk. Default: no. */
  readonly loading?: boolean;
  readonly replicas: readonly {
    readonly ip: string;
    readonly port: number;
    readonly online: boolean;
  }[];
}

export function infoText(source: InfoSource): string {
  const { master, linkUp, offset } = source;
  let text =
    `# Server\r\nredis_version:${source.version ?? '8.0.6'}\r\n` +
    `run_id:${source.runId}\r\n# Persistence\r\n` +
    `loading:${source.loading ? 1 : 0}\r\n# Replication\r\n`;
  if (master === null) text += 'role:master\r\n';
  else {
    text += `role:slave\r\nmaster_host:${master.host}\r\nmaster_port:${master.port}\r\n`;
    text += `master_link_status:${linkUp ? 'up' : 'down'}\r\n`;
    text += `master_sync_in_progress:${source.syncing ? 1 : 0}\r\nslave_repl_offset:${offset}\r\n`;
    const seconds = Math.floor(source.linkDownMs / 1000);
    if (!linkUp) text += `master_link_down_since_seconds:${seconds}\r\n`;
    text += `slave_priority:${source.priority}\r\nreplica_announced:1\r\n`;
  }
  let index = 0;
  for (const { ip, port, online } of source.replicas) {
    const state = online ? 'online' : 'wait_bgsave';
    text += `slave${index++}:ip=${ip},port=${port},state=${state},offset=${offset},lag=0\r\n`;
  }
  return `${text}master_failover_state:no-failover\r\nmaster_repl_offset:${offset}`;
}
