import type { Feature } from './draft';
import { file, type Entry } from './tree';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const withoutEnd = (text: string): string => text.replace(/\n$/, '');

/** What a branch can do to the content of files. */
export const CONTENT_FEATURES: Readonly<Record<string, Feature>> = {
  'pure renames': (draft) => {
    draft.moves('old.txt', 'new.txt', draft.text(12));
    draft.moves('from/a.txt', 'to/a.txt', draft.text(9));
    draft.moves('one line', 'one line moved', draft.text(1));
  },

  'renames with edits': (draft) => {
    for (const name of ['a', 'b']) {
      const text = draft.text(30);
      draft.moves(`old ${name}.txt`, `further/new ${name}.txt`, text, draft.edit(text));
    }
    // Too different: a deletion and an addition.
    draft.moves('replaced.txt', 'replacement.txt', draft.text(10), draft.text(11));
  },

  'a renamed folder': (draft) => {
    for (let index = 0; index < 30; index++) {
      const text = draft.text(8);
      draft.moves(
        `lib/${index % 4}/${index}.ts`,
        `src/${index % 4}/${index}.ts`,
        text,
        index % 3 ? text : `${text}x\n`,
      );
    }
  },

  'exchanged names': (draft) => {
    const [a, b] = [draft.text(10), draft.text(14)];
    draft.changes('a.txt', a, b);
    draft.changes('b.txt', b, a);
    const [c, d] = [draft.text(10), draft.text(10)];
    draft.moves('c.txt', 'd.txt', c);
    draft.changes('d.txt', d, c);
    draft.makes('e.txt', d);
  },

  'similar files': (draft) => {
    const text = draft.text(20);
    for (const name of ['x', 'y', 'z']) {
      draft.moves(`${name}.old`, `${name}.new`, `${text}${name}\n`, `${text}${name}\n${draft.text(1)}`);
    }
    draft.moves('same 1', 'same A', text);
    draft.moves('same 2', 'same B', text);
  },

  copies: (draft) => {
    const text = draft.text(15);
    draft.had('origin.txt', text);
    draft.makes('copy.txt', text);
    const other = draft.text(15);
    draft.changes('edited origin.txt', other, draft.edit(other));
    draft.makes('edited copy.txt', other);
  },

  deletions: (draft) => {
    draft.changes('gone.txt', draft.text(10), undefined);
    draft.changes('gone/with/folder.txt', draft.text(3), undefined);
    draft.changes('gone without end', withoutEnd(draft.text(3)), undefined);
    draft.changes('gone with blanks', `${draft.text(2)}last  \n`, undefined);
  },

  additions: (draft) => {
    draft.makes('new.txt', draft.text(10));
    draft.makes('new/in/folder.txt', draft.text(1));
    draft.makes('new without end', withoutEnd(draft.text(3)));
    draft.makes('new with blanks', `${draft.text(2)}last \t`);
    draft.makes('new line end', '\n');
  },

  'empty files': (draft) => {
    draft.makes('empty new', '');
    draft.changes('empty gone', '', undefined);
    draft.changes('emptied', draft.text(3), '');
    draft.changes('filled', '', draft.text(3));
    draft.moves('empty old', 'empty moved', '');
    draft.changes('empty mode', '', file('', '100755'));
  },

  'binary files': (draft) => {
    const bytes = draft.bytes(400);
    draft.makes('new.bin', file(draft.bytes(300)));
    draft.changes('edited.bin', file(bytes), file(Buffer.concat([bytes, draft.bytes(30)])));
    draft.changes('gone.bin', file(draft.bytes(200)), undefined);
    draft.moves('old.bin', 'moved.bin', file(draft.bytes(500)));
    draft.changes('mode.bin', file(bytes), file(bytes, '100755'));
    draft.changes('becomes text', file(draft.bytes(99)), draft.text(4));
    draft.changes('becomes binary', draft.text(4), file(draft.bytes(99)));
  },

  'renamed binary files with edits': (draft) => {
    const bytes = draft.bytes(2_000);
    draft.moves('old.png', 'new.png', file(bytes), file(Buffer.concat([bytes, draft.bytes(100)])));
  },

  'carriage returns': (draft) => {
    const text = draft.text(12);
    draft.changes('crlf.txt', crlf(text), crlf(draft.edit(text)));
    draft.makes('crlf new.txt', crlf(draft.text(4)));
    draft.makes('crlf new without end.txt', crlf(withoutEnd(draft.text(4))));
    draft.changes('crlf gone.txt', crlf(draft.text(4)), undefined);
    draft.moves('crlf old.txt', 'crlf moved.txt', crlf(text), crlf(`${text}x\n`));
  },

  'other line ends': (draft) => {
    const text = draft.text(6);
    draft.changes('to crlf.txt', text, crlf(text));
    draft.changes('to lf.txt', crlf(text), text);
    const mixed = `${draft.text(5)}${crlf(draft.text(5))}`;
    draft.changes('mixed.txt', mixed, draft.edit(mixed));
    draft.changes('alone.txt', `a\rb\rc\n${draft.text(2)}`, `a\rb\rd\n${draft.text(2)}`);
    draft.makes('mixed new.txt', `${draft.text(1)}${crlf(draft.text(2))}`);
  },

  'missing line ends': (draft) => {
    const text = draft.text(5);
    const open = withoutEnd(text);
    draft.changes('gets one', open, text);
    draft.changes('loses it', text, open);
    draft.changes('keeps none', open, `x\n${open}`);
    draft.changes('other last line', open, `${open} more`);
  },

  'white space': (draft) => {
    const text = draft.text(8);
    draft.changes('indent.py', text, text.replaceAll(/^/gm, '\t'));
    draft.changes('trailing.txt', text, text.replaceAll('\n', '  \n'));
    draft.changes('blank lines.txt', text, text.replaceAll('\n', '\n\n'));
    // The diff ends in what the runtime removes at its end.
    draft.changes('blank context.txt', `a\n\n\n${text}`, `b\n\n\n${text}`);
    draft.changes('only blank.txt', 'a\n\n\n\n', 'b\n\n\n\n');
    draft.changes('blanks in context.txt', 'a\n \n\t\nlast \t\n', 'b\n \n\t\nlast \t\n');
    draft.changes('blanks added.txt', text, `${text}end \t\n`);
    draft.changes('blanks removed.txt', `${text}end \t\n`, text);
    draft.changes('blank line removed.txt', `${text}\n`, text);
  },

  'text that looks like a diff': (draft) => {
    const odd = [
      '--- a/x',
      '+++ b/x',
      '@@ -1 +1 @@',
      'diff --git a/x b/x',
      '\\ No newline at end of file',
      '-- ',
      '++',
    ];
    const more = ['new file mode 160000', 'Binary files a and b differ', 'index 1234567..89abcde 100644'];
    const text = [...odd, ...more, ...draft.lines(4)].join('\n');
    draft.changes('a.patch', `${text}\n`, `${draft.edit(text)}\n`);
    draft.makes('b.patch', `${text}\n`);
    draft.changes('c.patch', `${text}\n`, undefined);
  },

  'other encodings': (draft) => {
    const text = draft.text(12);
    const latin = Buffer.from([...Buffer.from(draft.text(4)), 0xe4, 0xf6, 0x0a]);
    draft.changes('latin.txt', file(latin), file(Buffer.concat([latin, Buffer.from([0xfc, 0x0a])])));
    draft.makes('latin new.txt', file(latin));
    draft.changes('latin gone.txt', file(Buffer.concat([latin, latin])), undefined);
    const far = (last: string): Entry => file(Buffer.concat([latin, Buffer.from(`${text}${last}\n`)]));
    draft.changes('latin above.txt', far('before'), far('after'));
    draft.makes('utf16.txt', file(Buffer.from(`\uFEFF${draft.text(2)}`, 'utf16le')));
    draft.changes('bom.txt', `\uFEFF${draft.text(2)}`, `\uFEFF${draft.text(2)}`);
    draft.makes('separators.txt', 'a\u2028b\u2029c\u0085d\fe\vf\u{1F600}\uFFFD\n');
  },
};

/** As much as no list or diff may have: each is the only feature of its history. */
export const LARGE_FEATURES: Readonly<Record<string, Feature>> = {
  'a diff over the limit of the agent’s machine': (draft) => {
    draft.changes('large.txt', 'small\n', `${'x'.repeat(99)}\n`.repeat(53_000));
    draft.changes('beside.txt', draft.text(3), draft.text(4));
    draft.moves('old.txt', 'new.txt', draft.text(5));
  },

  'more lines than GitHub shows': (draft) => {
    draft.makes('long.txt', draft.text(21_000));
    draft.changes('long and gone.txt', draft.text(20_500), undefined);
  },

  'more files than GitHub lists': (draft) => {
    for (let index = 0; index < 320; index++) {
      const text = draft.text(2);
      draft.changes(`many/${index % 16}/${index}.txt`, text, index % 5 === 0 ? undefined : `${text}x\n`);
    }
  },
};
