import * as fs from 'node:fs';
import * as path from 'node:path';
import { namesIn, ourMark, ownerOf, type Owner } from './processMarks';

/** The name of an empty file `.used-VERSION-PID~START` says that this process runs that version. */
const USED = '.used-';

/** Marks the installed version that each window runs, so that no other window removes it. Nothing here rejects. */
export class UsageMarks {
  /** @param folder absolute path of the folder of the installed versions */
  constructor(private readonly folder: string) {}

  /** Marks the version that this process runs; `undefined` for none. */
  async use(version: string | undefined): Promise<void> {
    const mark = version === undefined ? undefined : `${USED}${version}-${ourMark()}`;
    if (mark !== undefined) {
      await fs.promises.writeFile(path.join(this.folder, mark), '', { mode: 0o600 }).catch(() => undefined);
    }
    await this.remove((name, owner) => owner !== 'alive' && name !== mark);
  }

  isUsedElsewhere(version: string): boolean {
    return namesIn(this.folder).some((name) => name.startsWith(`${USED}${version}-`) && ownerOf(name) === 'alive');
  }

  /** Removes the marks of processes that have ended. */
  async clean(): Promise<void> {
    await this.remove((_name, owner) => owner === 'gone' || owner === 'unsaid');
  }

  private async remove(isOver: (name: string, owner: Owner) => boolean): Promise<void> {
    for (const name of namesIn(this.folder)) {
      if (name.startsWith(USED) && isOver(name, ownerOf(name))) {
        await fs.promises.rm(path.join(this.folder, name), { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }
}
