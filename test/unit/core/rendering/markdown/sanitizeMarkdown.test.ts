import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  escapeLine,
  escapeText,
  fencedBlock,
  unescapeText,
  sanitizeMarkdown,
  webLink,
} from '../../../../../src/core/rendering/markdown/sanitizeMarkdown';
import { FORBIDDEN, hostileText } from '../../hostileText';
import { tokensOf } from './render';

/** Pieces of Markdown and HTML with which a text may break out of its place. */
const PIECES = [
  ...[
    '<script>',
    '</details>',
    '<img src=x onerror=alert(1)>',
    '<!--',
    '-->',
    '<a href="command:x">',
    '<?',
    '<![CDATA[',
  ],
  ...[
    '`',
    '``',
    '```',
    '````',
    '~~~',
    '~',
    '\n',
    '\n\n',
    ' ',
    '    ',
    '\t',
    '> ',
    '- ',
    '1. ',
    '# ',
    '## You',
    '---',
    '===',
    '--',
  ],
  ...[
    '[',
    ']',
    '(',
    ')',
    '![',
    '!',
    '\\',
    '&',
    '&lt;',
    '&#x3c;',
    '&#x202e;',
    '$',
    '$$',
    '|',
    '*',
    '**',
    '_',
    ':',
    '"',
    "'",
  ],
  ...[
    'command:workbench.action.quit',
    'https://example.com/a?b=1&lt;c',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'vscode://x',
    '//evil.example/x',
    '/',
  ],
  ...[
    '[a](command:x)',
    '![a](https://evil.example/i.png)',
    '[a][b]',
    '[b]: command:x',
    '<https://evil.example>',
    '!https://evil.example',
  ],
  ...['[![a](https://e.example/i.png)](command:x)', 'js', 'h', 'x', 'é', '\u202e', '\u001b[31m', '\r'],
];
const hostileMarkdown = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PIECES) }, hostileText), { maxLength: 40 })
  .map((parts) => parts.join(''));

/** Asserts that a document contains only text, code and links to the web. */
function assertHarmless(markdown: string): void {
  for (const { type, content, attrs, tag } of tokensOf(markdown)) {
    if (type === 'html_inline') {
      assert.match(content, /^<\/?code>$/, markdown);
    }
    assert.notEqual(type, 'html_block', markdown);
    assert.notEqual(type, 'image', markdown);
    assert.notEqual(type, 'heading_open', `${tag}: ${markdown}`);
    for (const [name, value] of attrs ?? []) {
      if (name === 'href') {
        assert.match(value, /^(https?:\/\/|mailto:|ftp:\/\/)/i, markdown);
      }
    }
    if (type !== 'link_open') {
      assert.doesNotMatch(content, FORBIDDEN, markdown);
    }
  }
}

describe('untrusted Markdown', () => {
  it('does nothing but show itself, whatever it is', () => {
    fc.assert(
      fc.property(hostileMarkdown, (text) => assertHarmless(sanitizeMarkdown(text))),
      { numRuns: 3_000 },
    );
  });

  it('does not reach what stands behind it', () => {
    fc.assert(
      fc.property(hostileMarkdown, (text) => {
        const tokens = tokensOf(`${sanitizeMarkdown(text)}\n\n<details>\n\n# Ours\n\n</details>\n`);
        assert.equal(tokens.filter(({ type }) => type === 'html_block').length, 2, text);
        assert.equal(tokens.filter(({ type }) => type === 'heading_open').length, 1, text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps a fenced block closed: all of the text is in it, and nothing else', () => {
    fc.assert(
      fc.property(hostileMarkdown, hostileMarkdown, (text, language) => {
        const tokens = tokensOf(`before\n${fencedBlock(text, language)}\nafter`);
        assert.deepEqual(
          tokens.map(({ type }) => type).filter((type) => type !== 'text' && type !== 'inline'),
          ['paragraph_open', 'paragraph_close', 'fence', 'paragraph_open', 'paragraph_close'],
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('escapes text so that it reads as it was, at the beginning of a line as well', () => {
    const line = fc.string({ maxLength: 80 }).map((text) => text.replaceAll(/[\n\r]/g, ' ').trim());
    fc.assert(
      fc.property(line, (text) => {
        assert.equal(unescapeText(escapeText(text)), unescapeText(text.replaceAll('&', '&amp;')));
        assertHarmless(`> one\n> ${escapeLine(text)}\n> ${escapeLine(text)}`);
      }),
      { numRuns: 2_000 },
    );
  });

  for (const [what, text, expected] of [
    ['emphasis and lists', '- **a** and *b*\n1. c', '- **a** and *b*\n1. c'],
    ['headings as bold lines', '# You', '**You**'],
    ['generics in prose', 'Map<string, X>', 'Map&lt;string, X&gt;'],
    ['generics in code', 'a `Map<string, X>` b', 'a <code>Map&lt;string, X&gt;</code> b'],
    ['web links', '[a_b](https://example.com/x)', '[a_b](https://example.com/x)'],
    ['command links as text', '[a](command:x)', 'a (command:x)'],
    ['relative links as text', '[`a.ts`](src/a.ts)', '<code>a.ts</code> (src/a.ts)'],
    ['images as links', '![lamp](https://example.com/l.png)', '[image: lamp](https://example.com/l.png)'],
    [
      'fences in lists, at the margin',
      '1. x\n   ```js\n   a\n     b\n   ```\n2. y',
      '1. x\n\n```js\na\n  b\n```\n\n2. y',
    ],
    ['a fence that is not closed', '```\n# a', '```\n# a\n```'],
    ['live diagrams as text', '```mermaid\na\n```', '```\na\n```'],
    ['bidirectional controls, made visible', 'a\u202eb', 'a‹U+202E›b'],
    ['escapes', '\\<b\\>', '&lt;b&gt;'],
    ['prices', '$5 and $6', '&#36;5 and &#36;6'],
  ] as const) {
    it(`writes ${what}`, () => assert.equal(sanitizeMarkdown(text), expected));
  }

  for (const empty of ['- # ', '- ## ##', '> - # ', '- - # ', '-  #']) {
    it(`makes no heading of what is above an empty one: ${empty}`, () => {
      const above = empty.startsWith('>') ? '> above' : 'above';
      assertHarmless(sanitizeMarkdown(`${above}\n${empty}`));
    });
  }

  it('counts what is cut off', () => {
    assert.equal(sanitizeMarkdown('a'.repeat(30), 10), `${'a'.repeat(10)}\n\n_… (20 more characters)_`);
    assert.match(fencedBlock('a'.repeat(30), '', 10), /_… \(20 more characters\)_/);
  });

  it('links only to the web', () => {
    assert.equal(webLink('a', 'https://example.com/(x)?a&lt;b'), '[a](https://example.com/%28x%29?a&amp;lt;b)');
    assert.equal(webLink('a', 'command:x'), 'a (command:x)');
    assert.equal(webLink('a', 'https:command'), 'a (https:command)');
  });

  it('takes no quadratic time for text that repeats a delimiter', () => {
    for (const piece of [
      '`',
      '` `` ',
      '[',
      '![',
      '[](',
      '\\`',
      '<https://',
      'https://',
      '[a](x',
      '> ',
      '- ',
      '# ',
      '~~~',
      '_',
    ]) {
      assert.ok(sanitizeMarkdown(piece.repeat(400_000 / piece.length), 400_000).length > 0, piece);
    }
  });
});
