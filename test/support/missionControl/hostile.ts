/** Texts that a client must survive and show unchanged, by name, for tests that try all of them. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  controls: 'a\u0000b\u0007c\bd\u000be\ff\u007fg\u0085h',
  carriageReturn: 'Approved: ls\rApproved: rm -rf / --no-preserve-root',
  ansi: '\u001b[31mred\u001b[0m \u001b[2J\u001b[1;1Hcleared \u001b[8mhidden\u001b[28m',
  ansiLink: '\u001b]8;;https://example.com/\u0007harmless\u001b]8;;\u0007',
  c1: '\u009b31mred\u009b0m',
  bidi: 'access_level = "user\u202e \u2066// admin only\u2069 \u2066"',
  invisible: 'pay\u200bpal\u200d\u2060 \ufeff\u00ad.com \u{e0041}\u{e0042}',
  lineSeparators: 'one\u2028two\u2029three',
  loneSurrogate: 'a\ud800b\udc00c',
  commandLink: '[Approve](command:workbench.action.terminal.new?%5B%22calc%22%5D) command:workbench.action.quit',
  scriptLink: '[here](javascript:alert(1)) <a href="javascript:alert(1)">x</a> <img src=x onerror=alert(1)>',
  fileLink: '[log](file:///etc/passwd) vscode://file/etc/passwd',
  markdown: '](command:x) `](command:x)` $(error~spin) **\u202ebold** \n\n# Heading\n\n```\nunclosed',
  fakeLogLine: 'fine\n12:00:00  Permission approved: everything',
  prototype: '__proto__',
  emoji: '👩‍💻 🏳️‍🌈 é ﷽',
  longLine: 'x'.repeat(100_000),
};

/** This many mebibytes of a single character: too much for code that copies it often. */
export function megabytes(count: number): string {
  return 'm'.repeat(count * 1024 * 1024);
}

/** Links that must never be opened or shown as a link. `null`: the task reports none. */
export const HOSTILE_URLS: readonly unknown[] = [
  'javascript:alert(1)',
  'file:///etc/passwd',
  'command:workbench.action.quit',
  'vscode://file/etc/passwd',
  'data:text/html,<script>alert(1)</script>',
  'http://example.com/copilot/tasks/{id}',
  ' https://example.com',
  'https://user:secret@example.com/',
  'not a link',
  '',
  42,
  { toString: 'https://example.com' },
  null,
];
