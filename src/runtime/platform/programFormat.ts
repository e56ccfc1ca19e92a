import * as l10n from '@vscode/l10n';
import { searchPath, isWhole, whyStranger } from './searchPath';
import { pathOf, type Platform } from './platform';

const ELF_MACHINES: Readonly<Record<string, number>> = { x64: 0x3e, arm64: 0xb7, ia32: 0x03, arm: 0x28, riscv64: 0xf3 };

/**
 * Why a file cannot be run on this machine, as far as its first bytes tell: it is for another operating system or
 * processor, or a script without its interpreter. All else is left to the operating system.
 * @returns a localized clause
 */
export function whyNotRunnable(file: string, host: Platform): string | undefined {
  const head = Buffer.from(host.head(file));
  if (head.subarray(0, 2).toString('latin1') === '#!') {
    return host.platform === 'win32'
      ? l10n.t('it is a script for another operating system')
      : whyNoInterpreter(head, host);
  }
  const format = formatOf(head);
  if (format === undefined) {
    return undefined;
  }
  if (format.platform !== (host.platform === 'win32' || host.platform === 'darwin' ? host.platform : 'linux')) {
    return l10n.t({
      message: 'it is a program for {0}',
      args: [format.name],
      comment: ['{0} is an operating system'],
    });
  }
  const machine = ELF_MACHINES[host.arch];
  return format.machine !== undefined && machine !== undefined && format.machine !== machine
    ? l10n.t('it is a program for another processor than {0}', host.arch)
    : undefined;
}

interface Format {
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly name: string;
  /** The processor, as a number of ELF, if it is clear. */
  readonly machine?: number;
}

function formatOf(head: Buffer): Format | undefined {
  if (head.length < 20) {
    return undefined;
  }
  if (head.readUInt32BE(0) === 0x7f45_4c46) {
    const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
    // eslint-disable-next-line texts/localized -- a name
    return { platform: 'linux', name: 'Linux', machine };
  }
  switch (head.readUInt32BE(0)) {
    case 0xcffa_edfe:
    case 0xfeed_facf: {
      const isLittle = head.readUInt32BE(0) === 0xcffa_edfe;
      const type = (isLittle ? head.readUInt32LE(4) : head.readUInt32BE(4)) & 0xff;
      // Apple processors also run x64 programs.
      return { platform: 'darwin', name: 'macOS', ...(type === 0x0c ? { machine: 0xb7 } : {}) };
    }
    case 0xcafe_babe:
      return { platform: 'darwin', name: 'macOS' };
    default:
      // eslint-disable-next-line texts/localized -- a name
      return head.subarray(0, 2).toString('latin1') === 'MZ' ? { platform: 'win32', name: 'Windows' } : undefined;
  }
}

function whyNoInterpreter(head: Buffer, host: Platform): string | undefined {
  const [line = ''] = head.toString('latin1', 2).split('\n', 1);
  const [interpreter = '', ...rest] = line.trim().split(/\s+/);
  if (!isWhole(interpreter, host)) {
    return l10n.t('it is a script whose interpreter is not named by an absolute path ({0})', interpreter);
  }
  const stranger = whyStranger(interpreter, host);
  if (stranger !== undefined) {
    return l10n.t('it is a script whose interpreter {0} is not trusted: {1}', interpreter, stranger);
  }
  if (host.kind(interpreter) === 'missing') {
    return l10n.t('it is a script whose interpreter {0} does not exist', interpreter);
  }
  const name = rest.find((word) => !word.startsWith('-') && !word.includes('='));
  if (pathOf(host).basename(interpreter) !== 'env' || name === undefined || name.includes('/')) {
    return undefined;
  }
  const isThere = searchPath(host).folders.some((folder) => host.kind(pathOf(host).join(folder, name)) === 'file');
  return isThere ? undefined : l10n.t('it is a script that needs {0}, which is not on the PATH', name);
}
