import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Task } from '../task';
import { AgentMachine } from './agentMachine';
import { HostedRepository } from './repository';
import { SEEDS, type SeedName } from './seeds';
import { setTransportFault, writeTransport, type TransportFault } from './transport';

/** The owners of the repositories that are there without any task. */
const OWNERS: Readonly<Record<SeedName, string>> = { harbor: 'octo-org', lighthouse: 'octo-org', buoy: 'tide-labs' };

const FIRST_ID = 1_001;

/**
 * The Git side of GitHub, and of the agents: bare repositories and clones in one temporary folder. Nothing is on the disk
 * before somebody looks.
 */
export class GitHost {
  private readonly repositories: HostedRepository[] = [];
  private readonly machines = new Map<string, AgentMachine>();
  /** Former names, in lower case. */
  private readonly renamed = new Map<string, HostedRepository>();
  private folder: Promise<string> | undefined;
  private disposed = false;

  constructor(private readonly log: (line: string) => void) {}

  /** The repository, which exists from now on. Names are compared as GitHub does it, without regard to case. */
  repository(owner: string, name: string): HostedRepository {
    return this.find(owner, name) ?? this.register(owner, name);
  }

  /** A repository that a task, a test or the demo has named; also by its former name. */
  find(owner: string, name: string): HostedRepository | undefined {
    const seeded = Object.keys(SEEDS).find((each) => same(each, name) && same(OWNERS[each as SeedName], owner));
    return (
      this.repositories.find((each) => same(each.owner, owner) && same(each.name, name)) ??
      this.renamed.get(`${owner}/${name}`.toLowerCase()) ??
      (seeded === undefined ? undefined : this.register(OWNERS[seeded as SeedName], seeded))
    );
  }

  byId(id: number): HostedRepository | undefined {
    return this.repositories.find((each) => each.id === id);
  }

  /** All that have been named, in that order. */
  get all(): readonly HostedRepository[] {
    return this.repositories;
  }

  /** Renames or transfers it. GitHub's API then answers 301 for the former name; Git goes on with both. */
  async rename(repository: HostedRepository, owner: string, name: string): Promise<void> {
    const from = await repository.ready();
    this.renamed.set(repository.fullName.toLowerCase(), repository);
    repository.owner = owner;
    repository.name = name;
    const to = path.join(await this.subfolder('repositories'), owner, `${name}.git`);
    await mkdir(path.dirname(to), { recursive: true });
    await symlink(from, to, 'junction');
  }

  /** The configuration with which Git on this machine reaches `git@github.com:owner/name.git`: these repositories. */
  async gitConfiguration(): Promise<Readonly<Record<string, string>>> {
    return await writeTransport(await this.subfolder());
  }

  /** Makes fetches and pushes of the user fail, or, with `undefined`, work again. Agents are not concerned. */
  async setTransportFault(fault: TransportFault | undefined): Promise<void> {
    await setTransportFault(await this.subfolder(), fault);
  }

  /** The machine of a task's agent; `undefined` for a task without a repository. */
  machine(task: Task): AgentMachine | undefined {
    const known = this.machines.get(task.id);
    if (known !== undefined || task.repository === undefined) {
      return known;
    }
    const repository = this.repository(task.repository.owner, task.repository.name);
    const machine = new AgentMachine(task, repository, () => this.subfolder('agents', task.id), this.log);
    this.machines.set(task.id, machine);
    return machine;
  }

  /** Resolves with the absolute path of a folder within the host's own, which it makes if it is missing. */
  async subfolder(...names: readonly string[]): Promise<string> {
    if (this.disposed) {
      throw new Error('The emulator has been disposed');
    }
    this.folder ??= mkdtemp(path.join(tmpdir(), 'mission-control-'));
    const folder = path.join(await this.folder, ...names);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Resolves when all that was begun on the disk is done. */
  async settled(): Promise<void> {
    await Promise.all(
      this.repositories.filter(({ isMade }) => isMade).map((each) => each.ready().catch(() => undefined)),
    );
  }

  /** Removes its folder, once nothing writes to it any more. */
  async dispose(): Promise<void> {
    if (this.folder === undefined) {
      this.disposed = true;
      return;
    }
    await this.settled();
    this.disposed = true;
    await rm(await this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private register(owner: string, name: string): HostedRepository {
    const repository = new HostedRepository(FIRST_ID + this.repositories.length, owner, name, () =>
      this.subfolder('repositories'),
    );
    this.repositories.push(repository);
    return repository;
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
