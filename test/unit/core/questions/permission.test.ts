import assert from 'node:assert/strict';
import { readPermission } from '../../../../src/core/questions/permission';
import { readQuestion } from '../../../../src/core/questions/question';

const what = (request: Readonly<Record<string, unknown>>): string => readPermission(request).what;

describe('permissions', () => {
  it('say in one line what the agent wants to do', () => {
    assert.equal(what({ kind: 'shell', fullCommandText: 'npm test' }), 'run npm test');
    assert.equal(what({ kind: 'commands', fullCommandText: 'npm test' }), 'run npm test');
    assert.equal(what({ kind: 'write', fileName: 'a.ts', diff: '' }), 'write a.ts');
    assert.equal(what({ kind: 'read', path: '/etc/passwd' }), 'read /etc/passwd');
    assert.equal(what({ kind: 'url', url: 'https://x.example/' }), 'fetch https://x.example/');
    assert.equal(what({ kind: 'mcp', serverName: 'db', toolName: 'drop', args: {} }), 'use the tool db/drop');
    assert.equal(what({ kind: 'memory', fact: 'Tabs, not spaces' }), 'remember: Tabs, not spaces');
    assert.equal(what({ kind: 'path', accessKind: 'write', paths: ['/a'] }), 'access /a (write)');
    assert.equal(what({ kind: 'path', accessKind: 'read', paths: ['/a', '/b'] }), 'access 2 paths (read)');
    assert.equal(what({ kind: 'workflow', operation: 'run', name: 'w' }), 'run the workflow w');
    assert.equal(what({ kind: 'brew', beans: 5 }), 'do something of the kind “brew”');
    assert.equal(readPermission(undefined).what, 'do something unspecified');
    assert.match(readPermission({ kind: 'brew', beans: 5 }).details, /beans/);
    assert.equal(what({ kind: 'read' }), 'read (not given)');
  });

  it('are not called whole when the line does not show all of it', () => {
    assert.equal(readPermission({ kind: 'shell', fullCommandText: 'npm test' }).isWhole, true);
    for (const command of ['echo 1\nrm -rf /', `echo ${'x'.repeat(300)}; rm -rf /`, 'echo \u202e/ fr- mr']) {
      const { isWhole, details, what: line } = readPermission({ kind: 'shell', fullCommandText: command });
      assert.equal(isWhole, false, command);
      assert.doesNotMatch(line, /[\n\u202e]/);
      assert.notEqual(details, '');
    }
    assert.equal(readPermission({ kind: 'mcp', serverName: 'a', toolName: 'b', args: { x: 1 } }).isWhole, false);
    assert.equal(readPermission({ kind: 'factory', name: 'a', operation: 'run', maxAiCredits: 9 }).isWhole, false);
  });

  it('are not called whole when they lack what they are about, and are shown with all that they have', () => {
    for (const kind of ['shell', 'read', 'url', 'custom-tool', 'memory', 'path']) {
      const { isWhole, details } = readPermission({ kind, toolCallId: 'call-1' });
      assert.equal(isWhole, false, kind);
      assert.match(details, /call-1/, kind);
    }
    const { isWhole, details } = readPermission({ kind: 'shell', fullCommandText: { rm: 'x'.repeat(5_000) } });
    assert.deepEqual([isWhole, details.includes('x'.repeat(5_000))], [false, true]);
  });

  it('are offered for the session only where the runtime offers it', () => {
    const offers = (request: object): boolean =>
      readPermission({ kind: 'shell', fullCommandText: 'x', ...request }).offersSession;
    assert.equal(offers({}), false);
    assert.equal(offers({ canOfferSessionApproval: true }), true);
    assert.equal(offers({ canOfferSessionApproval: 'yes' }), false);
    assert.equal(offers({ canOfferSessionApproval: true, managedApprovalRequired: true }), false);
    assert.equal(offers({ kind: 'mcp', canOfferSessionApproval: true }), false);
  });

  it('warn of what is out of the ordinary', () => {
    const { alerts } = readPermission({
      kind: 'shell',
      fullCommandText: 'x',
      warning: 'Deletes files',
      requestSandboxBypass: true,
      requestSandboxBypassReason: 'needs the network',
    });
    assert.deepEqual(alerts, ['Deletes files', 'Outside the sandbox: needs the network']);
    const permissive = {
      kind: 'shell',
      fullCommandText: 'x',
      requestSandboxBypass: true,
      requestSandboxPermissive: true,
    };
    assert.deepEqual(readPermission(permissive).alerts, ['With a permissive sandbox']);
  });

  it('and all other questions are read from anything', () => {
    for (const kind of ['permission', 'input', 'elicitation', 'plan', 'autoMode', 'limits', 'tool'] as const) {
      for (const data of [undefined, null, 5, 'x', [], {}, { permissionRequest: 5, choices: 5, actions: {} }]) {
        assert.ok(readQuestion(kind, data).kind);
      }
    }
  });

  it('and plans have only the ways to go on that were offered', () => {
    const plan = readQuestion('plan', { summary: 'S', planContent: '# P', actions: ['autopilot', 'explode'] });
    assert.ok(plan.kind === 'plan');
    assert.deepEqual([plan.actions, plan.plan, plan.recommended], [['autopilot'], '# P', undefined]);
  });

  it('and pages to be opened are web pages', () => {
    const link = (url: string): unknown => {
      const question = readQuestion('elicitation', { mode: 'url', url, message: 'm' });
      return question.kind === 'elicitation' && question.link;
    };
    assert.deepEqual(link('https://x.example/a'), { url: 'https://x.example/a' });
    for (const url of ['command:foo', 'file:///etc/passwd', 'https://user:pw@x.example/', 'nonsense']) {
      assert.ok('problem' in (link(url) as object), url);
    }
  });
});
