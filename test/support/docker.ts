/**
 * Redis in containers, for the tests that need servers with addresses of their own. Runs wherever a
 * Docker engine answers whose containers can be reached by their addresses; everywhere else it says
 * why not.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  type StartedTestContainer,
  StartupCheckStrategy,
  type StartupStatus,
} from 'testcontainers';
import { onTestFinished } from 'vitest';
import { type Address, until, Wire } from '../../src/tools/lab/index.ts';

const PUBLIC = 'redis:7';
const OWN = 'redis-sentinel-ts/redis:installed';

/** A container with Redis, and its address as the host sees it. */
export interface ContainedRedis {
  readonly container: StartedTestContainer;
  readonly address: Address;
}

/** What there is to run containers with, or the reason why there is nothing. */
export type Docker = { readonly image: string } | { readonly missing: string };

/** Looks for an engine and an image of Redis in it; makes the image where none can be had. */
export async function findDocker(): Promise<Docker> {
  let client: ContainerRuntimeClient;
  try {
    client = await getContainerRuntimeClient();
  } catch {
    return { missing: 'no Docker engine answers' };
  }
  if (await isThere(client, PUBLIC)) return { image: PUBLIC };
  // Without a registry there is no image for the container that tidies up after a crash either.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  if (process.platform !== 'linux') {
    return { missing: `the image ${PUBLIC} cannot be pulled, and none can be made here` };
  }
  try {
    await importInstalled(client);
    return { image: OWN };
  } catch (error) {
    return { missing: `no image of Redis: ${(error as Error).message}` };
  }
}

async function isThere(client: ContainerRuntimeClient, image: string): Promise<boolean> {
  const name = ImageName.fromString(image);
  try {
    if (!(await client.image.exists(name))) await client.image.pull(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * An image of nothing but the installed `redis-server` and the shared libraries it is linked to.
 */
async function importInstalled(client: ContainerRuntimeClient): Promise<void> {
  const text = { encoding: 'utf8' } as const;
  const server = execFileSync('sh', ['-c', 'command -v redis-server'], text).trim();
  const libraries = execFileSync('ldd', [server], text).match(/\/\S+/g) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'redis-image-'));
  try {
    const file = join(folder, 'image.tar');
    const rename = `--transform=s,^${server.slice(1)}$,usr/local/bin/redis-server,`;
    const paths = [server, ...libraries].map((path) => path.slice(1));
    execFileSync('tar', ['-c', '-h', '-f', file, '-C', '/', rename, ...paths]);
    const [repo, tag] = OWN.split(':');
    const progress = await client.container.dockerode.importImage(file, { repo, tag });
    for await (const _ of progress) {
      // imported when the engine has nothing more to say
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A container counts as started when it runs; whether Redis answers is asked of Redis. Not by its
 * log: an engine under load may leave out lines from what it sends of a log that it follows.
 */
class Running extends StartupCheckStrategy {
  override async checkStartupState(
    engine: ContainerRuntimeClient['container']['dockerode'],
    id: string,
  ): Promise<StartupStatus> {
    const { State } = await engine.getContainer(id).inspect();
    if (State.Running) return 'SUCCESS';
    return State.Status === 'exited' || State.Status === 'dead' ? 'FAIL' : 'PENDING';
  }
}

/**
 * Starts Redis in a container that ends with the running test.
 * @returns null when this host cannot reach the container by its address
 */
export async function startContained(
  image: string,
  replicaOf?: Address,
): Promise<ContainedRedis | null> {
  const follow = replicaOf && ['--replicaof', replicaOf.host, String(replicaOf.port)];
  const container = await new GenericContainer(image)
    .withCommand(['redis-server', '--save', '', '--protected-mode', 'no', ...(follow ?? [])])
    .withWaitStrategy(new Running())
    .start();
  onTestFinished(() => removeContained(container));
  const address = { host: container.getIpAddress('bridge'), port: 6379 };
  try {
    await until(async () => (await callContained(address, 'PING')) === 'PONG', 'Redis answers', {
      timeoutMs: 20_000,
    });
  } catch {
    return null;
  }
  return { container, address };
}

/**
 * Removes a container; one that is gone already is what was wanted, and must not hide why the test
 * failed.
 */
async function removeContained(container: StartedTestContainer): Promise<void> {
  try {
    await container.stop({ timeout: 0 });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}

/**
 * Stops a container so that it can be started again. Not by its own `stop`, which holds for good:
 * at the end of the test it would think that there is nothing left to remove.
 */
export async function stopContained({ container }: ContainedRedis): Promise<void> {
  const client = await getContainerRuntimeClient();
  await client.container.stop(client.container.getById(container.getId()), { timeout: 5_000 });
}

/** Runs one command on the server at an address. */
export async function callContained(address: Address, ...argv: string[]): Promise<unknown> {
  const wire = await Wire.open({ ...address, timeoutMs: 2_000 });
  try {
    return await wire.call(...argv);
  } finally {
    wire.close();
  }
}
