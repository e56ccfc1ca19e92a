import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { parseSessionUrl, sessionUrlCandidate } from '../../../../src/core/events/sessionUrl';
import { event, remoteInfo } from '../../../support/sessionEvents';

describe('parseSessionUrl', () => {
  const accepted: Readonly<Record<string, string>> = {
    'https://github.com/copilot/tasks/1': 'https://github.com/copilot/tasks/1',
    'HTTPS://GitHub.com/Copilot?a=b#c': 'https://github.com/Copilot?a=b#c',
    ' https://github.com/copilot ': 'https://github.com/copilot',
    'https://ghe.example.com:8443/x': 'https://ghe.example.com:8443/x',
    'https://github.com/a b': 'https://github.com/a%20b',
    'http://localhost:3000/x': 'http://localhost:3000/x',
    'http://127.0.0.1/x': 'http://127.0.0.1/x',
    'http://127.1:80/x': 'http://127.0.0.1/x',
    'http://[::1]:3000/': 'http://[::1]:3000/',
  };
  for (const [text, url] of Object.entries(accepted)) {
    it(`takes ${text}`, () => assert.equal(parseSessionUrl(text), url));
  }

  const refused: readonly unknown[] = [
    'javascript:alert(1)',
    ' javascript:alert(1)//https://github.com',
    'java\nscript:alert(1)',
    'file:///etc/passwd',
    'command:workbench.action.terminal.new',
    'vscode://extension/run',
    'data:text/html,<script>alert(1)</script>',
    'blob:https://github.com/1',
    'ftp://github.com/',
    'http://github.com/',
    'http://localhost.evil.com/',
    'http://evil-localhost/',
    'http://127.0.0.1.evil.com/',
    'http://127.evil.com/',
    'http://[::2]/',
    'http://0.0.0.0/',
    'https://user@github.com/',
    'https://user:secret@github.com/',
    'https://github.com@evil.com/',
    'http://a@localhost/',
    '//github.com/x',
    '/copilot/tasks/1',
    'github.com/x',
    'https://',
    'https:',
    '',
    ' ',
    `https://github.com/${'x'.repeat(5_000)}`,
    'https://github.com/'.padEnd(2_049, 'x'),
    undefined,
    null,
    5,
    true,
    {},
    ['https://github.com/'],
    new URL('https://github.com/'),
  ];
  for (const value of refused) {
    it(`refuses ${inspect(value).replace(/\s+/g, ' ').slice(0, 60)}`, () =>
      assert.equal(parseSessionUrl(value), undefined));
  }
});

describe('sessionUrlCandidate', () => {
  it('is the url of an info that says remote, whatever it is', () => {
    assert.equal(sessionUrlCandidate(remoteInfo('e', 'https://github.com/')), 'https://github.com/');
    assert.equal(sessionUrlCandidate(remoteInfo('e', 5)), 5);
    assert.equal(sessionUrlCandidate(remoteInfo('e', undefined)), undefined);
  });

  it('is undefined for any other event', () => {
    const url = 'https://github.com/';
    for (const other of [
      event('e', 'session.info', { infoType: 'mcp', url }),
      event('e', 'session.info', { url }),
      event('e', 'session.info', null),
      event('e', 'session.info', [url]),
      event('e', 'assistant.message', { infoType: 'remote', url }),
    ]) {
      assert.equal(sessionUrlCandidate(other), undefined);
    }
  });
});
