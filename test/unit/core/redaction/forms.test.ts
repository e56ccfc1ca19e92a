import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineRedactor, PieceRedactor } from '../../../../src/core/redaction/pieces';
import { Redactor } from '../../../../src/core/redaction/redactor';

const SECRETS: Readonly<Record<string, string>> = {
  'a token': `ghp_${'aB3dE9zQ'.repeat(4)}7890`,
  'a value with signs': 'pr0xy+Pass/w%rd="&x<y>',
  hexadecimal: 'a5f0c2e19b8d7a6c5e4f3a2b1c0d9e8f7a6b5c4d',
  'a value of no known form': 'Unknown+Form/Of=Secret',
  'a value that is not ASCII': 'gehêim-schlüssel-4711',
  'a short value': 'h4nter22',
  'a long value': 'q7Wd2Lr9Zs4Xk1Vb6Nm8Tp3Yc5hJ0uEoGaQfRiTyUxCvBnMwKlPzSdFgHjAeLqWrXtYv1u2i3o4p5a6s7d8f9g0h',
  'a value that repeats itself': 'q7Wd2Lr9Zs4Xk1Vb6Nm8Tp3Yc5'.repeat(4),
};

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const percent = (text: string): string => encodeURIComponent(text);
const bytes = (text: string): number[] => [...Buffer.from(text)];
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Every form in which a text can contain a value. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'in a URL': percent,
  'in a URL, in lower case': (secret) => percent(secret).replace(/%../g, (code) => code.toLowerCase()),
  'in a URL, twice': (secret) => percent(percent(secret)),
  'in a URL, three times': (secret) => percent(percent(percent(secret))),
  'in a URL, every character': (secret) =>
    bytes(secret)
      .map((byte) => `%${hex(byte)}`)
      .join(''),
  'in a form': (secret) => new URLSearchParams({ secret }).toString().slice(7),
  'in JSON': json,
  'in JSON in JSON': (secret) => json(json(secret)),
  'in JSON in JSON in JSON': (secret) => json(json(json(secret))),
  'in JSON, with escaped slashes': (secret) => json(secret).replaceAll('/', '\\/'),
  'in JSON, every character': (secret) =>
    Array.from(secret, (_, at) => `\\u${secret.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  'in HTML': (secret) =>
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  'in HTML, every character': (secret) => Array.from(secret, (one) => `&#${one.codePointAt(0) ?? 0};`).join(''),
  'in HTML, hexadecimal': (secret) =>
    Array.from(secret, (one) => `&#x${(one.codePointAt(0) ?? 0).toString(16)};`).join(''),
  'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
  'in hexadecimal capitals': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  'in hexadecimal with colons': (secret) => bytes(secret).map(hex).join(':'),
  'in hexadecimal with spaces': (secret) => bytes(secret).map(hex).join(' '),
  'as bytes of C': (secret) =>
    bytes(secret)
      .map((byte) => `\\x${hex(byte)}`)
      .join(''),
  'as a list of bytes': (secret) => JSON.stringify(Buffer.from(secret)),
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in base64, at the second place': (secret) => Buffer.from(`a${secret}`).toString('base64'),
  'in base64, at the third place': (secret) => Buffer.from(`ab${secret}`).toString('base64'),
  'in base64url': (secret) => Buffer.from(`x:${secret}:y`).toString('base64url'),
  'in base64 in a URL': (secret) => percent(Buffer.from(secret).toString('base64')),
  'in quoted-printable, every character': (secret) =>
    bytes(secret)
      .map((byte) => `=${hex(byte).toUpperCase()}`)
      .join(''),
  'over two lines': (secret) => `${secret.slice(0, 5)}\n${secret.slice(5)}`,
  'over two lines, with an indent': (secret) => `${secret.slice(0, 5)}\r\n    ${secret.slice(5)}`,
  'in the long escapes of C': (secret) =>
    Array.from(secret, (one) => `\\U${(one.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`).join(''),
  'as escape() writes it': (secret) =>
    Array.from(secret, (_, at) => `%u${secret.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  'in base64 of UTF-16, as in commands of PowerShell': (secret) =>
    Buffer.from(`$x=${secret}`, 'utf16le').toString('base64'),
  'over two lines of a quotation': (secret) => `${secret.slice(0, 5)}\n> ${secret.slice(5)}`,
  'over two lines of a comment': (secret) => `${secret.slice(0, 5)}\n * ${secret.slice(5)}`,
  'over two lines of a frame, in colour': (secret) => `${secret.slice(0, 5)}\x1b[0m\n\u2502 \x1b[31m${secret.slice(5)}`,
  'in two colours': (secret) => `${secret.slice(0, 5)}\x1b[0m\x1b[1m\x1b[31m${secret.slice(5)}`,
  'over a return of the carriage': (secret) => `${secret.slice(0, 5)}\r${secret.slice(5)}`,
  'with a place to break the line': (secret) => `${secret.slice(0, 5)}\u200b${secret.slice(5)}`,
  'with a hyphen that is not shown': (secret) => `${secret.slice(0, 5)}\u00ad${secret.slice(5)}`,
  'with a place to break the line, in HTML': (secret) => `${secret.slice(0, 5)}<wbr>${secret.slice(5)}`,
  'over two lines, in JSON': (secret) => json(`${secret.slice(0, 5)}\n${secret.slice(5)}`),
  'in base64, over lines': (secret) => Buffer.from(secret.repeat(2)).toString('base64').replace(/.{19}/g, '$&\n'),
};

/** Whether traces of a value remain once all encodings are undone. */
function traces(text: string, secret: string): boolean {
  let decoded = text;
  for (let round = 0; round < 4; round++) {
    decoded = decoded
      .replace(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\x([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#x([\da-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  }
  const plain = decoded.replace(/\s/g, '');
  const words = plain.split(/[^A-Za-z\d+/_=-]/);
  const views = [
    text,
    plain,
    ...words.flatMap((word) => [0, 1, 2, 3].map((at) => Buffer.from(word.slice(at), 'base64').toString('latin1'))),
  ];
  const core = Buffer.from(secret).toString('latin1').slice(2, -2);
  const asHex = Buffer.from(secret).toString('hex');
  return (
    views.some((view) => view.includes(secret) || view.includes(core)) ||
    plain.toLowerCase().replace(/[: ]/g, '').includes(asHex)
  );
}

describe('a secret that is known', () => {
  for (const [kind, secret] of Object.entries(SECRETS)) {
    const redactor = new Redactor([secret]);
    for (const [name, write] of Object.entries(FORMS)) {
      it(`${kind}, ${name}, is found in what agents write and in what programs say`, () => {
        for (const clean of [redactor.clean.bind(redactor), redactor.redact.bind(redactor)]) {
          const text = `before [${write(secret)}] after`;
          const cleaned = clean(text);
          assert.match(cleaned, /^before \[.*\[redacted\].*\] after$/s, `${text} → ${cleaned}`);
          assert.ok(!traces(cleaned, secret), `${text} → ${cleaned}`);
        }
      });
    }
  }

  it('is found in another case if it is long, and in another spelling of its accents', () => {
    const [token, accents] = [SECRETS['a value of no known form'] ?? '', SECRETS['a value that is not ASCII'] ?? ''];
    const texts = [
      token.toLowerCase(),
      token.toUpperCase(),
      accents.normalize('NFD'),
      encodeURIComponent(accents.normalize('NFD')),
      Buffer.from(`user:${accents}`, 'latin1').toString('base64'),
    ];
    const redactor = new Redactor([token, accents]);
    for (const text of texts) {
      for (const cleaned of [redactor.clean(`x ${text} y`), redactor.redact(`x ${text} y`)]) {
        assert.match(cleaned, /^x .*\[redacted\].* y$/, text);
      }
    }
    assert.equal(new Redactor(['h4nter22']).clean('H4NTER22'), 'H4NTER22', 'a short one is a word');
  });

  it('takes no time that grows faster than the text, whatever an agent writes', function () {
    this.timeout(120_000);
    const redactor = new Redactor([SECRETS['a token'] ?? '']);
    // A backtracking pattern would take minutes for each of these.
    for (const piece of ['eyJaaaaaaaaa-', '\\', '%25', '&amp;', '//a:', 'tid=aaaaaaaa-', '-token-']) {
      const text = `%41 ghp_ ${piece.repeat(600_000 / piece.length)}`;
      assert.equal(redactor.redact(text).length, text.length, piece);
    }
  });

  it('leaves nothing of itself, whatever its length', () => {
    const text = 'q7Wd2Lr9Zs4Xk1Vb6Nm8Tp3Yc5hJ0uEoGaQfRiTy+UxCvBnMw/KlPzSdFgHjAeLqWrXtYv1u2i3o4p5a6s7d8f9g0h';
    for (const secret of [...[65, 80].map((length) => text.slice(0, length)), `${text.slice(0, 60)}\n${text}`]) {
      const redactor = new Redactor([secret]);
      assert.equal(redactor.clean(`before ${secret} after`), 'before [redacted] after');
      assert.equal(redactor.clean(`before ${Buffer.from(secret).toString('hex')} after`), 'before [redacted] after');
      // Where two secrets meet, and at the end, a base64 character has bits of two bytes.
      const rest = redactor.clean(Buffer.from(secret).toString('base64')).split('[redacted]');
      assert.ok(
        rest.every(({ length }) => length <= 4),
        rest.join(' … '),
      );
    }
  });

  it('is found in bytes that were not parsed', () => {
    for (const [kind, secret] of Object.entries(SECRETS)) {
      const redactor = new Redactor([secret]);
      for (const [name, write] of Object.entries(FORMS)) {
        const frame = Buffer.from(JSON.stringify({ params: { text: `xx ${write(secret)} xx` } }));
        assert.ok(redactor.mayHoldBytes(frame, 0, frame.length), `${kind} ${name}`);
      }
    }
  });

  it('is nowhere in a value, in the names of members neither', () => {
    const secret = SECRETS['a token'] ?? '';
    const redactor = new Redactor([secret]);
    const value = { a: [secret, { [secret]: 1 }], b: { data: `x ${secret}`, sessionId: `s-${secret}` }, c: 5 };
    const cleaned = redactor.cleanValue(value);
    assert.ok(!JSON.stringify(cleaned).includes(secret));
    assert.deepEqual(cleaned, {
      a: ['[redacted]', { '[redacted]': 1 }],
      b: { data: 'x [redacted]', sessionId: 's-[redacted]' },
      c: 5,
    });
    const other = { a: ['b'], type: 'user.message' };
    assert.equal(new Redactor(['message']).cleanValue(other), other, 'a word of the protocol stays');
  });

  it('that comes in pieces of any size is never put together from what is passed on', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(SECRETS)),
        fc.string({ maxLength: 12 }),
        fc.string({ maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (secret, before, after, sizes) => {
          const pieces = new PieceRedactor(new Redactor([secret]));
          const text = `${before}${secret}${after} end of it all`;
          let passed = '';
          for (let at = 0, turn = 0; at < text.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            passed += pieces.next(text.slice(at, at + size));
            at += size;
          }
          assert.ok(!passed.includes(secret), passed);
          assert.ok(passed.includes('[redacted]'), passed);
          assert.ok(passed.endsWith(' end of it all'), passed);
        },
      ),
    );
  });

  it('leaves pieces without it as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 9 })), (parts) => {
        const pieces = new PieceRedactor(new Redactor([SECRETS['a token'] ?? '']));
        assert.equal([...parts, ' end'].map((part) => pieces.next(part)).join(''), `${parts.join('')} end`);
      }),
    );
  });

  it('over two lines of a log is found in both', () => {
    for (const secret of Object.values(SECRETS).filter(({ length }) => length > 20)) {
      const lines = new LineRedactor(new Redactor([secret]));
      const [first, second] = [lines.next(`x ${secret.slice(0, 14)}`), lines.next(`  ${secret.slice(14)} y`)];
      assert.deepEqual([first, second], ['x [redacted]', '  [redacted] y']);
    }
  });
});
