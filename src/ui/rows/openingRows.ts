import { isSessionNode, type SessionNode, type TreeModel } from './treeModel';

/**
 * Which rows open to files. Beside a row with an arrow, VS Code indents the icons of those without, but only of rows that
 * it draws again: all of them have to be when the first arrow appears, or the last disappears.
 */
export class OpeningRows {
  /** The keys of those that opened as VS Code last got them. */
  private readonly shown = new Set<string>();

  constructor(
    private readonly model: Pick<TreeModel, 'children' | 'parent'>,
    private readonly opens: (key: string) => boolean,
  ) {}

  /** Call it when VS Code gets a row. @returns whether it opens */
  show({ key }: SessionNode): boolean {
    const opens = this.opens(key);
    this.shown[opens ? 'add' : 'delete'](key);
    return opens;
  }

  /** What VS Code has to draw again when the files of a row have changed. */
  affectedBy(node: SessionNode): readonly SessionNode[] {
    const siblings = this.model.children(this.model.parent(node)).filter(isSessionNode);
    const wasIndented = siblings.some(({ key }) => this.shown.has(key));
    const isIndented = siblings.some(({ key }) => this.opens(key));
    return wasIndented === isIndented ? [node] : siblings;
  }
}
