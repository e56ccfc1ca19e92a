import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FORBIDDEN, hostileText } from '../hostileText';
import { sanitizeLine, sanitizeText, TextSanitizer } from '../../../../src/core/common/sanitize';

const length = fc.oneof(fc.integer({ min: 0, max: 80 }), fc.constant(50_000));

describe('sanitizeText', () => {
  it('leaves harmless text of many scripts as it is', () => {
    for (const text of [
      '',
      'plain ASCII, with\ttabs\nand lines\n',
      'Grüße, naïve café – “quoted” … €5',
      'Привет, мир! Γειά σου Κόσμε',
      '日本語のテキスト、漢字とかな。 한국어 文字',
      'שלום עולם ومرحبا بالعالم',
      'می\u200cخواهم', // Persian needs its zero-width non-joiner
      'क्\u200dष', // Devanagari needs its joiner
      '👩\u200d💻 👨\u200d👩\u200d👧 ❤\ufe0f 👍🏽 1\ufe0f\u20e3 🇩🇪',
      '葛\u{e0100}', // a variant of an ideograph
      'e\u0301 (decomposed)',
      '┌──┐ │ ✓ ✗ → λ ∑',
    ]) {
      assert.equal(sanitizeText(text), text);
    }
  });

  it('shows control characters and escape sequences', () => {
    assert.equal(sanitizeText('\u001b[31mred\u001b[0m'), '‹ESC›[31mred‹ESC›[0m');
    assert.equal(sanitizeText('a\u0000b\u0007c\u0008d\u007fe'), 'a‹NUL›b‹BEL›c‹BS›d‹DEL›e');
    assert.equal(sanitizeText('\u009b2J\u0085'), '‹U+009B›2J‹U+0085›');
    assert.equal(
      sanitizeText('\u001b]8;;http://evil\u0007click\u001b]8;;\u0007'),
      '‹ESC›]8;;http://evil‹BEL›click‹ESC›]8;;‹BEL›',
    );
  });

  it('normalises CR LF, and shows a carriage return that stands alone', () => {
    assert.equal(sanitizeText('a\r\nb\r\nc'), 'a\nb\nc');
    assert.equal(sanitizeText('10%\r20%\r'), '10%‹CR›20%‹CR›');
  });

  it('shows what reorders or hides text', () => {
    assert.equal(sanitizeText('\u202egpj.exe\u202c'), '‹U+202E›gpj.exe‹U+202C›');
    assert.equal(sanitizeText('\u2066a\u2069\u200e\u200f\u061c'), '‹U+2066›a‹U+2069›‹U+200E›‹U+200F›‹U+061C›');
    assert.equal(sanitizeText('pass\u200bword\ufeff\u2060'), 'pass‹U+200B›word‹U+FEFF›‹U+2060›');
    assert.equal(sanitizeText('a\u2028b\u2029c'), 'a‹U+2028›b‹U+2029›c');
    assert.equal(sanitizeText('hi\u{e0068}\u{e0069}'), 'hi‹U+E0068›‹U+E0069›');
    assert.equal(sanitizeText('x\u3164y\u00adz'), 'x‹U+3164›y‹U+00AD›z');
  });

  it('shows joiners and variation selectors where nothing calls for them', () => {
    assert.equal(sanitizeText('pass\u200dword \u200c'), 'pass‹U+200D›word ‹U+200C›');
    assert.equal(sanitizeText('👩\u200d'), '👩‹U+200D›');
    assert.equal(sanitizeText('ب\u200c\u200cب'), 'ب‹U+200C›‹U+200C›ب');
    assert.equal(sanitizeText('ب\u200d\u3164'), 'ب‹U+200D›‹U+3164›');
    assert.equal(sanitizeText('👩\u200c💻'), '👩‹U+200C›💻');
    assert.equal(sanitizeText('a\ufe0f'), 'a‹U+FE0F›');
    assert.equal(sanitizeText('😀\ufe0f\ufe0e\u{e0150}'), '😀\ufe0f‹U+FE0E›‹U+E0150›');
  });

  it('shows lone surrogates, and stacked marks beyond what any script needs', () => {
    assert.equal(sanitizeText('a\ud83db\ude00c'), 'a‹U+D83D›b‹U+DE00›c');
    assert.equal(sanitizeText(`e${'\u0301'.repeat(9)}`), `e${'\u0301'.repeat(8)}‹U+0301›`);
  });

  it('cuts what is too long, and says how much is not shown', () => {
    assert.equal(sanitizeText('x'.repeat(100), 40), `${'x'.repeat(17)}… (83 more characters)`);
    assert.equal(sanitizeText('x'.repeat(40), 40), 'x'.repeat(40));
    assert.equal(sanitizeText('x'.repeat(100), 5), 'xxxx…');
    assert.equal(sanitizeText('x'.repeat(100), 0), '');
    assert.match(sanitizeText('y'.repeat(5_000_000), 1000), /^y+… \(4999\d{3} more characters\)$/);
  });

  it('never cuts a surrogate pair or an escape in two', () => {
    for (let max = 1; max < 60; max++) {
      assert.match(sanitizeText('😀'.repeat(50), max), /^(😀)*…( \(\d+ more characters\))?$/u);
      assert.match(sanitizeText('\u202e'.repeat(50), max), /^(‹U\+202E›)*…( \(\d+ more characters\))?$/u);
    }
  });

  it('never parts a joiner from what it joins', () => {
    for (let max = 1; max < 60; max++) {
      for (const text of ['👩\u200d💻', 'می\u200cخ']) {
        assert.doesNotMatch(sanitizeText(text.repeat(20), max), /[\u200c\u200d]…|U\+200/);
      }
    }
  });

  it('counts exactly: shown and not shown make the whole', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 41, maxLength: 500 }), (text) => {
        const match = /^([^]*)… \((\d+) more characters?\)$/u.exec(sanitizeText(text, 40));
        assert.ok(match);
        assert.equal((match[1] ?? '').length + Number(match[2]), text.length);
      }),
    );
  });

  it('is safe, bounded and idempotent for any text', () => {
    fc.assert(
      fc.property(hostileText, length, (text, max) => {
        const result = sanitizeText(text, max);
        assert.doesNotMatch(result, FORBIDDEN);
        assert.ok(result.length <= max);
        assert.equal(sanitizeText(result, max), result);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('sanitizeLine', () => {
  it('makes one line, in which breaks are seen', () => {
    assert.equal(sanitizeLine('  npm ci\r\n\n\trm -rf build\n'), 'npm ci ⏎ rm -rf build');
    assert.equal(sanitizeLine("echo 'a  b'\tc"), "echo 'a  b' c");
    assert.equal(sanitizeLine(' \r\n\t'), '');
    assert.equal(sanitizeLine('a\rb'), 'a‹CR›b');
  });

  it('cuts long lines, and texts that are all blank lines', () => {
    assert.equal(sanitizeLine('x'.repeat(50), 30), `${'x'.repeat(8)}… (42 more characters)`);
    const result = sanitizeLine(`a${'\n'.repeat(5_000_000)}b`, 30);
    assert.match(result, /^a… \(\d+ more characters\)$/);
  });

  it('counts exactly, also what it has not looked at', () => {
    assert.equal(sanitizeLine('x'.repeat(5000), 30), 'xxxxxx… (4994 more characters)');
    const broken = `a${'\n'.repeat(1502)}😀`;
    assert.equal(sanitizeLine(broken, 30), 'a… (2 more characters)');
  });

  it('is safe, bounded, idempotent and of one line for any text', () => {
    fc.assert(
      fc.property(hostileText, length, (text, max) => {
        const result = sanitizeLine(text, max);
        assert.doesNotMatch(result, FORBIDDEN);
        assert.doesNotMatch(result, /[\n\t]/);
        assert.ok(result.length <= max);
        assert.equal(sanitizeLine(result, max), result);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('TextSanitizer', () => {
  it('gives for a text in pieces what the whole text gives, wherever it is cut', () => {
    fc.assert(
      fc.property(hostileText, fc.array(fc.nat(200), { maxLength: 20 }), (text, cuts) => {
        const sanitizer = new TextSanitizer();
        let result = '';
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
          result += sanitizer.push(text.slice(from, cut));
          from = Math.max(from, cut);
        }
        result += sanitizer.end();
        assert.equal(result, sanitizeText(text));
        assert.equal(sanitizer.hidden, 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('stops for good at its limit and counts the rest', () => {
    const sanitizer = new TextSanitizer({ maxLength: 5 });
    assert.equal(sanitizer.push('abcdefg'), 'abcde');
    assert.equal(sanitizer.push('h'), '');
    assert.equal(sanitizer.end(), '');
    assert.equal(sanitizer.hidden, 3);
  });

  it('charges lines for their indentation', () => {
    const sanitizer = new TextSanitizer({ maxLength: 25, lineCost: 11 });
    assert.equal(sanitizer.push('a\nb\nc\nd'), 'a\nb\nc');
    assert.equal(sanitizer.hidden, 2);
  });
});
