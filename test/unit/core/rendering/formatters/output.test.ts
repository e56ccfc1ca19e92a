import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { event } from '../../sampleSession';
import { linesOf } from '../lines';

const start = event('tool.execution_start', { toolCallId: 't', toolName: 'bash', arguments: { command: 'make' } });
const soFar = (partialOutput: string) => event('tool.execution_partial_result', { toolCallId: 't', partialOutput });
const piece = (text: string, sequence?: unknown) =>
  event('tool.shell_output', {
    toolCallId: 't',
    text,
    stream: 'stdout',
    ...(sequence === undefined ? {} : { sequence }),
  });
const complete = (content: string) =>
  event('tool.execution_complete', { toolCallId: 't', success: true, result: { content } });
const output = (...events: readonly SessionEvent[]): string =>
  linesOf(start, ...events)
    .filter((line) => line.includes('│'))
    .map((line) => line.trim().replace('│ ', ''))
    .join('|');

describe("a running tool's output", () => {
  it('that comes as the whole text so far, each time, is shown once', () => {
    assert.equal(output(soFar('a\n'), soFar('a\nb\n'), soFar('a\nb\n'), soFar('a\nb\nc\n')), 'a|b|c');
    assert.equal(output(soFar('a\n'), soFar('a\nb\n'), complete('a\nb\nc')), 'a|b|c');
  });

  it('that comes in chunks is shown, too', () => {
    assert.equal(output(soFar('a\n'), soFar('b\n'), complete('a\nb\nc')), 'a|b|c');
  });

  it('that was rewritten goes on with the line that is another one', () => {
    assert.equal(output(soFar('a\n10%'), soFar('a\n10%..'), soFar('a\n20%'), soFar('a\n20%\nb')), 'a|10%..|20%|b');
    assert.equal(output(soFar('a\n1'), soFar('a\n12'), soFar('a\n3'), complete('a\n3\nb')), 'a|12|3|b');
    assert.equal(output(soFar('a\n'), soFar('a\nb'), soFar('a\n'), soFar('a\nb')), 'a|b');
  });

  it('that is reported in both ways is shown once, whichever comes first', () => {
    assert.equal(output(piece('a\n', 0), soFar('a\n'), piece('b\n', 1), soFar('a\nb\n'), complete('a\nb\n')), 'a|b');
    assert.equal(output(soFar('a\n'), piece('a\n', 0), soFar('a\nb\n'), piece('b\n', 1), complete('a\nb\n')), 'a|b');
  });

  it('that is numbered is shown once when it comes again, and when it comes late', () => {
    assert.equal(output(piece('a\n', 0), piece('a\n', 0), piece('b\n', 1), piece('a\n', 0)), 'a|b');
    assert.equal(output(piece('a\n', 0), piece('c\n', 2), piece('b\n', 1), piece('b\n', 1)), 'a|c|b');
    assert.equal(output(piece('a\n'), piece('a\n'), piece('b\n', 1.5), piece('b\n', -1)), 'a|a|b|b');
  });

  it('of 5,000,000 passed over pieces costs nothing', () => {
    assert.equal(output(piece('a\n', 0), piece('b\n', 5_000_000), piece('c\n', 4_999_999), piece('d\n', 3)), 'a|b|c');
  });

  it('that comes behind the result is in the result', () => {
    assert.equal(output(complete('a\nb'), soFar('a\n'), piece('a\n', 0)), 'a|b');
    assert.equal(output(soFar('a\n'), complete('a\nb'), soFar('a\nb')), 'a|b');
  });

  it('is all there after any texts so far that grow', () => {
    const grown = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 8 }), { maxLength: 12 });
    fc.assert(
      fc.property(grown, (parts) => {
        const texts = parts.map((_, index) => `>${parts.slice(0, index + 1).join('')}`);
        const shown = output(...texts.map(soFar)).replaceAll(/[^ab>]/g, '');
        assert.equal(shown, (texts.at(-1) ?? '').replaceAll('\n', ''));
      }),
      { numRuns: 500 },
    );
  });
});
