/** The INFO text of a virtual server, as far as a Sentinel reads it. */
export interface InfoSource {
  readonly runId: string;
  readonly master: { readonly host: string; readonly port: number } | null;
  readonly linkUp: boolean;
  readonly linkDownMs: number;
  readonly syncing: boolean;
  readonly offset: number;
  readonly priority: number;
  readonly replicas: readonly {
    readonly ip: string;
    readonly port: number;
    readonly online: boolean;
  }[];
}

export function infoText(source: InfoSource): string {
  const { master, linkUp, offset } = source;
  const lines = ['# Server', `run_id:${source.runId}`, '# Replication'];
  if (master === null) lines.push('role:master');
  else {
    lines.push('role:slave', `master_host:${master.host}`, `master_port:${master.port}`);
    lines.push(`master_link_status:${linkUp ? 'up' : 'down'}`);
    lines.push(`master_sync_in_progress:${source.syncing ? 1 : 0}`, `slave_repl_offset:${offset}`);
    const seconds = Math.floor(source.linkDownMs / 1000);
    if (!linkUp) lines.push(`master_link_down_since_seconds:${seconds}`);
    lines.push(`slave_priority:${source.priority}`, 'replica_announced:1');
  }
  for (const [index, { ip, port, online }] of source.replicas.entries()) {
    const state = online ? 'online' : 'wait_bgsave';
    lines.push(`slave${index}:ip=${ip},port=${port},state=${state},offset=${offset},lag=0`);
  }
  lines.push('master_failover_state:no-failover', `master_repl_offset:${offset}`);
  return lines.join('\r\n');
}
