/**
 * Deliberate faults of the core, put into a copy of its compiled text one at a time. Whoever changes the core so that
 * such a text is no longer found exactly once is told, and names the new one here.
 */
export interface Mutant {
  readonly name: string;
  /** In the compiled core. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'votes twice in an epoch',
    file: 'vote.js',
    find: 'group.vote.epoch < epoch && state.currentEpoch <= epoch && mayVote(state)',
    put: 'state.currentEpoch <= epoch && mayVote(state)',
  },
  {
    name: 'answers a vote without saving it',
    file: 'vote.js',
    find: "saveThen(work, { kind: 'vote', group, request, down, leader: candidate, epoch, fresh });",
    put: 'answer(work, request, voteReply(down, candidate, epoch));',
  },
  {
    name: 'tells a vote although the disk refused it',
    file: 'vote.js',
    find: 'ok ? leader : null',
    put: 'leader',
  },
  {
    name: 'forgets its vote on restart',
    file: 'groups.js',
    find: 'vote: { epoch: config.leaderEpoch,',
    put: 'vote: { epoch: 0n,',
  },
  {
    name: 'forgets its vote when a group is removed and monitored again',
    file: 'manage.js',
    find: 'leaderEpoch: work.state.currentEpoch,',
    put: 'leaderEpoch: 0n,',
  },
  {
    name: 'is a candidate before that is on disk',
    file: 'election.js',
    find: "saveThen(work, { kind: 'candidacy', group, epoch });",
    put: 'candidacySaved(work, group, epoch, true);',
  },
  {
    name: 'reuses the current epoch for a failover',
    file: 'epoch.js',
    find: 'state.currentEpoch += 1n;',
    put: 'state.currentEpoch += 0n;',
  },
  {
    name: 'goes back to lower epochs it hears of',
    file: 'epoch.js',
    find: 'if (epoch <= state.currentEpoch)',
    put: 'if (epoch === state.currentEpoch)',
  },
  {
    name: 'shows epochs in hellos that are not on disk',
    file: 'hello.js',
    find: 'state.disk.durableEpoch}',
    put: 'state.currentEpoch}',
  },
  {
    name: 'names a master who is not on disk',
    file: 'queries.js',
    find: 'if (!isOnDisk(work, group))',
    put: 'if (false)',
  },
  {
    name: 'needs only the quorum, not the majority',
    file: 'vote.js',
    find: 'return Math.max(majority(group), group.quorum);',
    put: 'return group.quorum;',
  },
  {
    name: 'needs only the majority, not the quorum',
    file: 'vote.js',
    find: 'return Math.max(majority(group), group.quorum);',
    put: 'return majority(group);',
  },
  {
    name: 'counts votes of any epoch',
    file: 'vote.js',
    find: 'if (ask.vote?.epoch === epoch) {',
    put: 'if (ask.vote) {',
  },
  {
    name: 'declares ODOWN alone',
    file: 'down.js',
    find: 'master.sDownSince !== null && count >= group.quorum',
    put: 'master.sDownSince !== null',
  },
  {
    name: 'takes back a candidacy that others have heard of',
    file: 'vote.js',
    find: 'candidate !== myId && vote.version > disk.saved',
    put: 'candidate !== myId',
  },
  {
    name: 'starts a failover beside whom it has voted for',
    file: 'election.js',
    find: 'if (work.now < attempts.holdUntil) {',
    put: 'if (false) {',
  },
  {
    name: 'tries again beside whom it has voted for',
    file: 'vote.js',
    find: 'attempts.fruitlessAt = null;',
    put: '',
  },
  {
    name: 'accepts answers about another master',
    file: 'ask.js',
    find: 'if (pending.endpoint !== endpoint(announced(work.state, address), address.port))',
    put: 'if (false)',
  },
  {
    name: 'keeps opinions about the old master after a switch',
    file: 'groups.js',
    find: 'peer.ask = freshAsk(work.now);',
    put: '{}',
  },
  {
    name: 'follows hellos with an equal config epoch',
    file: 'hello.js',
    find: 'if (hello.configEpoch === group.configEpoch) {',
    put: 'if (false) {',
  },
  {
    name: 'follows hellos with a lower config epoch',
    file: 'hello.js',
    find: 'if (hello.configEpoch < group.configEpoch)',
    put: 'if (false)',
  },
  {
    name: 'takes its own hello for a peer’s',
    file: 'hello.js',
    find: 'isOwnHello(state, payload)',
    put: 'false',
  },
  {
    name: 'promotes replicas of priority 0',
    file: 'selection.js',
    find: 'if (replica.priority === 0)',
    put: 'if (false)',
  },
  {
    name: 'promotes stale replicas',
    file: 'selection.js',
    find: 'if (replica.masterLinkDownTime > linkDownMax)',
    put: 'if (false)',
  },
  {
    name: 'promotes replicas that are down',
    file: 'selection.js',
    find: 'if (replica.sDownSince !== null)',
    put: 'if (false)',
  },
  {
    name: 'prefers the higher priority number',
    file: 'selection.js',
    find: 'return a.priority - b.priority;',
    put: 'return b.priority - a.priority;',
  },
  {
    name: 'switches before the promoted replica says master',
    file: 'failover.js',
    find: "if (replica.role !== 'master' || failover.saving)",
    put: "replica.role = 'master'; if (failover.saving)",
  },
  {
    name: 'never demotes the old master',
    file: 'repair.js',
    find: "const convert = replica.role === 'master';",
    put: "const convert = replica.role === 'master'; if (convert) return;",
  },
  {
    name: 'repairs strays under a master that is down',
    file: 'repair.js',
    find: 'master.sDownSince === null &&',
    put: '',
  },
  {
    name: 'knows no limit of parallel syncs',
    file: 'reconf.js',
    find: 'if (late || busy >= group.parallelSyncs)',
    put: 'if (late)',
  },
  {
    name: 'never ends a failover',
    file: 'reconf.js',
    find: 'group.failover = null;',
    put: '',
  },
  {
    name: 'leaves replicas marked when it is superseded',
    file: 'hello.js',
    find: 'replica.reconf = null;',
    put: '{}',
  },
  {
    name: 'decides in TILT',
    file: 'attend.js',
    find: 'if (state.tiltSince === null)',
    put: 'if (true)',
  },
  {
    name: 'asks in TILT',
    file: 'ask.js',
    find: 'if (work.state.tiltSince !== null)',
    put: 'if (false)',
  },
  {
    name: 'does not wake for the next PING',
    file: 'ping.js',
    find: 'if (at > work.now)',
    put: 'if (false)',
  },
  {
    name: 'repairs strays on an old word of the master',
    file: 'repair.js',
    find: 'if (!masterSaysSo(work, group, replica.mismatchSince))',
    put: 'if (false)',
  },
  {
    name: 'disturbs replicas that follow a name of the master',
    file: 'repair.js',
    find: '&& !mayFollow(work, replica)',
    put: '',
  },
  {
    name: 'leaves two masters of one config epoch to themselves',
    file: 'conflict.js',
    find: 'if (work.state.disk.failing)',
    put: 'if (true)',
  },
  {
    name: 'asks peers who have not answered a hello',
    file: 'ask.js',
    find: '!peer.introduced',
    put: 'false',
  },
  {
    name: 'asks whoever answered a hello on another connection',
    file: 'links.js',
    find: 'one.introduced = false;',
    put: '{}',
  },
  {
    name: 'forgets others who are said to be where it is itself',
    file: 'self.js',
    find: 'provenAt === null || sameAddress(provenAt, peer.address)',
    put: 'true',
  },
  {
    name: 'forgets whose place a new id has taken',
    file: 'hello.js',
    find: 'proven(work, peer, before.provenAt)',
    put: '{}',
  },
  {
    name: 'takes a peer of its own file for unproven',
    file: 'groups.js',
    find: 'proven(work, peer, peer.address);',
    put: '{}',
  },
  {
    name: 'gives the place of two to one new id',
    file: 'hello.js',
    find: 'return other;',
    put: '{}',
  },
  {
    name: 'does not know itself by its answer',
    file: 'hello.js',
    find: 'return metOurselves(work, instance);',
    put: '{}',
  },
  {
    name: 'tells itself nothing of its own hello',
    file: 'commands.js',
    find: 'isOwnHello(work.state, payload) ? 0 : 1',
    put: '1',
  },
  {
    name: 'keeps the connection of a server that refuses its password',
    file: 'step.js',
    find: 'shutOut(work, connection, text);',
    put: '',
  },
  {
    name: 'never comes back to a server that refused it',
    file: 'links.js',
    find: 'lost(work, link, role);',
    put: 'link.retryAt = Number.POSITIVE_INFINITY;',
  },
  {
    name: 'settles conflicts about servers it does not know',
    file: 'conflict.js',
    find: 'claim !== null && isOurs(group, peer, claim)',
    put: 'claim !== null',
  },
  {
    name: 'does not follow great steps of epochs',
    file: 'epoch.js',
    find: 'epoch < FREE_MAX ||',
    put: '',
  },
  {
    name: 'demotes a former master on nobody’s word',
    file: 'repair.js',
    find: 'return agreed >= majority(group);',
    put: 'return true;',
  },
  {
    name: 'starts what it cannot win',
    file: 'election.js',
    find: 'voters > 0 && voters + 1 < votesNeeded(group)',
    put: 'false',
  },
  {
    name: 'shares epochs it has heard in hellos',
    file: 'epoch.js',
    find: "by === 'candidate' ? work.now : Number.NEGATIVE_INFINITY",
    put: 'work.now',
  },
  {
    name: 'waits for manual failovers that came to nothing',
    file: 'election.js',
    find: 'return master.link.lastOkAt > leaderAt ? leaderAt : null;',
    put: 'return null;',
  },
  {
    name: 'leaves a manual failover no time',
    file: 'election.js',
    find: 'since + Math.max(FINISH_MS, group.downAfter)',
    put: 'since',
  },
  {
    name: 'waits for a promotion that nobody announces',
    file: 'election.js',
    find: 'return promotedAt;',
    put: 'return null;',
  },
  {
    name: 'takes whoever has the address of a replica for that replica',
    file: 'conflict.js',
    find: 'replica !== null && (peer.agreed || hasFollowed(replica))',
    put: 'replica !== null',
  },
  {
    name: 'lets one Sentinel speak for all who are said to be there',
    file: 'self.js',
    find: 'return silent ?? NOBODY;',
    put: 'return NOBODY;',
  },
];
