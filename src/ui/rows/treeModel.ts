import type { SessionRow } from '../../core/store/sessionRow';
import { arrange, type Arranged, type Arrangement, type RowGroup } from './arrangement';

/** A row of the tree: its key says which. Commands get it as their argument. */
export interface SessionNode {
  readonly key: string;
}

export interface GroupNode {
  readonly group: string;
}

export type TreeNode = SessionNode | GroupNode;

export interface RowSource {
  readonly rows: readonly SessionRow[];
  find(key: string): SessionRow | undefined;
}

/** The nodes of which the rows may have changed, or `all` when any came, went or moved. */
export type Refresh = 'all' | readonly TreeNode[];

/** Those that a view was given: VS Code passes them back to commands, the same objects. */
const viewNodes = new WeakSet<object>();

function viewNode<Node extends TreeNode>(node: Node): Node {
  viewNodes.add(node);
  return node;
}

/** Whether a value is a node of a view, and not an object of the same form that other code made. */
export function isViewNode(value: unknown): value is TreeNode {
  return typeof value === 'object' && value !== null && viewNodes.has(value);
}

export function isSessionNode(value: unknown): value is SessionNode {
  return typeof value === 'object' && value !== null && typeof (value as { key?: unknown }).key === 'string';
}

/**
 * Which nodes the tree has, without `vscode`. It finds out how little is to be shown anew after a change: a row's text
 * changes with each event of its session, its place seldom. So that rows do not jump about under the reader's hand, a
 * row takes a new place only when it becomes another (its state, title, repository), or the whole list was read again.
 */
export class TreeModel {
  private arranged: Arranged = { groups: [], hidden: [] };
  /** The same object for the same row or group: VS Code tells elements apart by identity. */
  private nodes = new Map<string, SessionNode>();
  private groupNodes = new Map<string, GroupNode>();
  private groupOfKey = new Map<string, string>();
  /** What the places of the rows were decided by. */
  private signatures = new Map<string, string>();

  constructor(
    private readonly source: RowSource,
    private arrangement: Arrangement,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.place();
  }

  get isGrouped(): boolean {
    return this.arrangement.grouping !== 'none';
  }

  get hidden(): readonly SessionRow[] {
    return this.arranged.hidden;
  }

  /** Number of rows that are shown. */
  get size(): number {
    return this.nodes.size;
  }

  /** Decides all places anew. */
  setArrangement(arrangement: Arrangement): void {
    this.arrangement = arrangement;
    this.place();
  }

  node(key: string): SessionNode | undefined {
    return this.nodes.get(key);
  }

  group(id: string): RowGroup | undefined {
    return this.arranged.groups.find((group) => group.id === id);
  }

  children(parent?: TreeNode): TreeNode[] {
    if (parent === undefined && this.isGrouped) {
      return this.arranged.groups.flatMap(({ id }) => this.groupNodes.get(id) ?? []);
    }
    const group =
      parent === undefined ? this.arranged.groups[0] : isSessionNode(parent) ? undefined : this.group(parent.group);
    return group?.rows.flatMap(({ key }) => this.nodes.get(key) ?? []) ?? [];
  }

  parent(node: TreeNode): GroupNode | undefined {
    const group = isSessionNode(node) && this.isGrouped ? this.groupOfKey.get(node.key) : undefined;
    return group === undefined ? undefined : this.groupNodes.get(group);
  }

  /** To be called after a change of the rows with these keys, or of any (`undefined`). */
  update(keys: ReadonlySet<string> | undefined): Refresh {
    if (keys === undefined) {
      return this.place() ? 'all' : [...this.nodes.values()];
    }
    const moved = [...keys].some((key) => {
      const row = this.source.find(key);
      return row !== undefined && signature(row) !== this.signatures.get(row.key);
    });
    if (moved && this.place()) {
      return 'all';
    }
    return [...keys].map((key) => this.nodes.get(key)).filter((node) => node !== undefined);
  }

  /** The day may have become another: true if that moves anything. */
  passTime(): boolean {
    return this.arrangement.grouping === 'date' && this.place();
  }

  /** @returns whether any node came, went or moved */
  private place(): boolean {
    const before = outline(this.arranged);
    this.arranged = arrange(this.source.rows, this.arrangement, this.now());
    const nodes = new Map<string, SessionNode>();
    const groups = new Map<string, GroupNode>();
    this.groupOfKey.clear();
    this.signatures.clear();
    for (const { id, rows } of this.arranged.groups) {
      groups.set(id, this.groupNodes.get(id) ?? viewNode({ group: id }));
      for (const row of rows) {
        nodes.set(row.key, this.nodes.get(row.key) ?? viewNode({ key: row.key }));
        this.groupOfKey.set(row.key, id);
        this.signatures.set(row.key, signature(row));
      }
    }
    for (const row of this.arranged.hidden) {
      this.signatures.set(row.key, signature(row));
    }
    this.nodes = nodes;
    this.groupNodes = groups;
    return outline(this.arranged) !== before;
  }
}

function signature({ status, title, repository, isRemote, runsOn }: SessionRow): string {
  return [status, title, repository, isRemote, runsOn].join('\n');
}

function outline({ groups }: Arranged): string {
  return groups.flatMap(({ id, rows }) => [`\n${id}`, ...rows.map(({ key }) => key)]).join(' ');
}
