import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(ROOT, 'docs')).map((file) => `docs/${file}`)];
const TESTS = readdirSync(path.join(ROOT, 'test'), { recursive: true }).map((file) => path.basename(String(file)));
/** `architecture.md` may name files relative to these folders. */
const SHORT = ['src', 'src/core'];

/** Code spans of a page that look like files or folders of the repository. */
function named(page: string): readonly string[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8').replace(/```[\s\S]*?```/g, '');
  const spans = Array.from(text.matchAll(/`([^`\s]+)`/g), ([, span = '']) => span);
  return spans.filter(
    (span) => /^(?:src|test|scripts|docs|media)\/[\w./-]+$/.test(span) || /^[\w-]+(?:\/[\w.-]+)*\.ts$/.test(span),
  );
}

describe('the pages', () => {
  for (const page of PAGES) {
    it(`${page} names files that are there`, () => {
      const missing = named(page).filter(
        (name) =>
          !existsSync(path.join(ROOT, name)) &&
          !SHORT.some((folder) => existsSync(path.join(ROOT, folder, name))) &&
          // A table may name a test by its file name alone, after another test of the same folder.
          !(name.endsWith('.test.ts') && TESTS.includes(name)),
      );
      assert.deepEqual(missing, []);
    });
  }

  it('finds names to check', () => {
    assert.ok(named('docs/architecture.md').length > 30);
    assert.ok(named('docs/security.md').length > 30);
  });
});
