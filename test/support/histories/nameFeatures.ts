import type { Draft, Feature } from './draft';
import { file, link, submodule } from './tree';

/** Changes files of these names in all ways. */
function named(draft: Draft, names: readonly string[]): void {
  names.forEach((name, index) => {
    const text = draft.text(6);
    switch (index % 4) {
      case 0:
        draft.changes(name, text, draft.edit(text));
        break;
      case 1:
        draft.makes(name, text);
        break;
      case 2:
        draft.changes(name, text, undefined);
        break;
      default:
        draft.moves(name, `${name} moved`, text, `${text}x\n`);
    }
  });
}

/** What a branch can do to names, modes and kinds of files. */
export const NAME_FEATURES: Readonly<Record<string, Feature>> = {
  modes: (draft) => {
    const [text, other] = [draft.text(6), draft.text(6)];
    draft.changes('run.sh', text, file(text, '100755'));
    draft.changes('no run.sh', file(other, '100755'), other);
    draft.changes('run edited.sh', text, file(draft.edit(text), '100755'));
    draft.moves('old run.sh', 'new run.sh', draft.text(8), file(draft.text(8), '100755'));
    const moved = draft.text(9);
    draft.moves('tool', 'bin/tool', moved, file(moved, '100755'));
    draft.makes('new.sh', file(draft.text(2), '100755'));
  },

  'symbolic links': (draft) => {
    draft.makes('new link', link('target'));
    draft.changes('other target', link('target'), link('../elsewhere'));
    draft.changes('gone link', link('nowhere'), undefined);
    draft.moves('old link', 'moved link', link('some/where/far'));
    draft.had('pointed.txt', draft.text(3));
    draft.makes('to a file', link('pointed.txt'));
  },

  'files and links': (draft) => {
    draft.had('pointed.txt', draft.text(3));
    draft.changes('becomes link', draft.text(4), link('pointed.txt'));
    draft.changes('becomes file', link('pointed.txt'), draft.text(4));
    draft.changes('becomes folder', link('pointed.txt'), undefined);
    draft.makes('becomes folder/file', draft.text(2));
  },

  submodules: (draft) => {
    draft.makes('new sub', submodule(draft.commit()));
    draft.changes('moved on', submodule(draft.commit()), submodule(draft.commit()));
    draft.changes('gone sub', submodule(draft.commit()), undefined);
    draft.moves('old sub', 'deep/moved sub', submodule(draft.commit()));
    draft.changes('.gitmodules', '[submodule "a"]\n', '[submodule "b"]\n');
  },

  'submodules and files': (draft) => {
    draft.changes('file to sub', draft.text(3), submodule(draft.commit()));
    draft.changes('sub to file', submodule(draft.commit()), draft.text(3));
    draft.changes('sub to folder', submodule(draft.commit()), undefined);
    draft.makes('sub to folder/file', draft.text(2));
  },

  'folders and files': (draft) => {
    draft.changes('a/file', draft.text(5), undefined);
    draft.changes('a/other', draft.text(5), undefined);
    draft.makes('a', draft.text(3));
    const text = draft.text(7);
    draft.changes('b', text, undefined);
    draft.makes('b/b', text);
  },

  'names with spaces': (draft) => {
    named(draft, ['with space.txt', ' leading', 'trailing ', ' ', 'a b/c b/d', 'two  spaces', ' x/ y', 'a b/b']);
  },

  'names with quotes and control characters': (draft) => {
    named(draft, ['"quoted".txt', "it's", 'a\tb', 'line\nend', 'back\\slash', '\u0001', 'bell\u0007', '\u007f', '"']);
  },

  'names beyond ASCII': (draft) => {
    named(draft, [
      '\u00fcmlaut.txt',
      'u\u0308mlaut.txt',
      '\u65e5\u672c/\u8a9e.txt',
      '\u{1F600}.md',
      '\u2028',
      'e\u00a0f',
      'ﬀ',
    ]);
    draft.moves('plain.txt', 'plän.txt', draft.text(5));
    draft.moves('ä.txt', 'a.txt', draft.text(5));
  },

  'names that look like options and patterns': (draft) => {
    named(draft, ['-x', '--stat', '--', '-', '[a-z]*.txt', '*', '?', ':(top)a', ':!b', '!c', '#d', '~e', '^f']);
  },

  'names that are escaped in addresses': (draft) => {
    named(draft, [
      'a%20b',
      '%',
      'a+b',
      'a&b=c',
      'q?x#y',
      'a;b',
      'a,b',
      '{x}',
      '<y>',
      'a|b',
      'a:b',
      'a@b',
      '$HOME',
      '`x`',
    ]);
  },

  'very long names': (draft) => {
    named(draft, [
      'n'.repeat(200),
      'ö'.repeat(100),
      `${'deep/'.repeat(120)}file`,
      `${'d'.repeat(100)}/`.repeat(6) + 'f',
    ]);
  },

  'names that differ in case': (draft) => {
    draft.moves('README', 'Readme', draft.text(6));
    draft.had('Folder/a', draft.text(2));
    draft.makes('folder/a', draft.text(2));
    draft.makes('folder/B', draft.text(2));
    draft.makes('folder/_', draft.text(2));
  },

  'names beside folders': (draft) => {
    // Git sorts a folder as if its name ended in a slash.
    named(draft, ['a/x', 'a.b', 'a-b', 'a b', 'a0', 'a/b/c', 'a/b.c', 'ab']);
  },
};
