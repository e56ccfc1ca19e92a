import type { SessionRow } from '../../core/store/sessionRow';
import type { ChangedFile } from '../../core/changes/sessionChanges';
import { arrange, type Arranged, type Arrangement, type RowGroup } from './arrangement';
import { fileNodes, isFileNode, isFolderNode, type FileNode, type FolderNode } from './fileNodes';
import { viewNode } from './viewNodes';

/** A row of the tree, identified by its key. Commands get it as their argument. */
export interface SessionNode {
  readonly key: string;
}

export interface GroupNode {
  readonly group: string;
}

export type TreeNode = SessionNode | GroupNode | FolderNode | FileNode;

/** What a person can select for a command: a row, or a file or folder below it. */
export type SelectedNode = Exclude<TreeNode, GroupNode>;

export interface RowSource {
  readonly rows: readonly SessionRow[];
  find(key: string): SessionRow | undefined;
}

/** The changed files of a session, as far as they are known. */
export type FilesOf = (key: string) => readonly ChangedFile[];

/** The nodes whose rows may have changed, or `all` when a row was added, removed or moved. */
export type Refresh = 'all' | readonly TreeNode[];

export function isSessionNode(value: unknown): value is SessionNode {
  return typeof value === 'object' && value !== null && typeof (value as { key?: unknown }).key === 'string';
}

/** A group is none: the rows may be just being fetched. */
export function isSelectable(node: TreeNode): node is SelectedNode {
  return isSessionNode(node) || isFileNode(node) || isFolderNode(node);
}

/**
 * The nodes of the tree, without `vscode`. It keeps refreshes small: a row's text changes with each event of its
 * session, its position rarely. A row moves only when its state, title, repository or place changes, or when the whole
 * list was read again, so that rows stay put while somebody reads them.
 */
export class TreeModel {
  private arranged: Arranged = { groups: [], hidden: [] };
  /** One object for each row and group: VS Code compares elements by identity. */
  private nodes = new Map<string, SessionNode>();
  private groupNodes = new Map<string, GroupNode>();
  private groupOfKey = new Map<string, string>();
  /** The properties of each row that its position depends on. */
  private signatures = new Map<string, string>();

  constructor(
    private readonly source: RowSource,
    private arrangement: Arrangement,
    /** The language in which the rows are shown. */
    private readonly locale: string,
    private readonly filesOf: FilesOf = () => [],
    private readonly now: () => Date = () => new Date(),
  ) {
    this.rearrange();
  }

  get isGrouped(): boolean {
    return this.arrangement.grouping !== 'none';
  }

  get hidden(): readonly SessionRow[] {
    return this.arranged.hidden;
  }

  /** Number of visible rows. */
  get size(): number {
    return this.nodes.size;
  }

  /** Arranges all rows again. */
  setArrangement(arrangement: Arrangement): void {
    this.arrangement = arrangement;
    this.rearrange();
  }

  node(key: string): SessionNode | undefined {
    return this.nodes.get(key);
  }

  group(id: string): RowGroup | undefined {
    return this.arranged.groups.find((group) => group.id === id);
  }

  children(parent?: TreeNode): TreeNode[] {
    if (isFileNode(parent)) {
      return [];
    }
    if (isFolderNode(parent) || isSessionNode(parent)) {
      const of = isSessionNode(parent) ? parent.key : parent.of;
      const folder = isFolderNode(parent) ? parent.folder : '';
      return fileNodes(of, this.filesOf(of), folder, this.locale);
    }
    if (parent === undefined && this.isGrouped) {
      return this.arranged.groups.flatMap(({ id }) => this.groupNodes.get(id) ?? []);
    }
    const group = parent === undefined ? this.arranged.groups[0] : this.group(parent.group);
    return group?.rows.flatMap(({ key }) => this.nodes.get(key) ?? []) ?? [];
  }

  /** Only rows are revealed: of a file, its session is found. */
  parent(node: TreeNode): GroupNode | SessionNode | undefined {
    if (isFileNode(node) || isFolderNode(node)) {
      return this.nodes.get(node.of);
    }
    const group = isSessionNode(node) && this.isGrouped ? this.groupOfKey.get(node.key) : undefined;
    return group === undefined ? undefined : this.groupNodes.get(group);
  }

  /** Call it after the rows with these keys, or any rows (`undefined`), have changed. */
  update(keys: ReadonlySet<string> | undefined): Refresh {
    if (keys === undefined) {
      return this.rearrange() ? 'all' : [...this.nodes.values()];
    }
    const moved = [...keys].some((key) => {
      const row = this.source.find(key);
      return row !== undefined && signature(row) !== this.signatures.get(row.key);
    });
    if (moved && this.rearrange()) {
      return 'all';
    }
    return [...keys].map((key) => this.nodes.get(key)).filter((node) => node !== undefined);
  }

  /** Call it when the day may have changed. @returns whether that moved any row */
  passTime(): boolean {
    return this.arrangement.grouping === 'date' && this.rearrange();
  }

  /** @returns whether any node was added, removed or moved */
  private rearrange(): boolean {
    const before = outline(this.arranged);
    this.arranged = arrange(this.source.rows, this.arrangement, this.now(), this.locale);
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
