import * as l10n from '@vscode/l10n';
import type { SessionStatus } from '../../core/activity/activity';

/** A state as a heading, and as an item to choose. */
export const STATUS_NAMES: Readonly<Record<SessionStatus, string>> = {
  queued: l10n.t({ message: 'Queued', comment: ['The state of a session'] }),
  starting: l10n.t({ message: 'Starting', comment: ['The state of a session'] }),
  working: l10n.t({ message: 'Working', comment: ['The state of a session'] }),
  stopping: l10n.t({ message: 'Stopping', comment: ['The state of a session'] }),
  'needs input': l10n.t({ message: 'Needs input', comment: ['The state of a session'] }),
  idle: l10n.t({ message: 'Idle', comment: ['The state of a session'] }),
  done: l10n.t({ message: 'Done', comment: ['The state of a session'] }),
  failed: l10n.t({ message: 'Failed', comment: ['The state of a session'] }),
  disconnected: l10n.t({ message: 'Disconnected', comment: ['The state of a session'] }),
};

/** A state in the tooltip and for screen readers, with what it means where the name does not say it. */
export const STATUS_EXPLANATIONS: Readonly<Record<SessionStatus, string>> = {
  ...STATUS_NAMES,
  queued: l10n.t('Queued: the agent has not started yet'),
  stopping: l10n.t('Stopping: the agent was asked to stop, and has not confirmed it yet'),
  'needs input': l10n.t('Needs your input'),
  disconnected: l10n.t('Disconnected: what it does now is not known'),
};

/** What a stale session is called instead of `disconnected`. */
export const STALE_EXPLANATION = l10n.t('Stale: the machine that it runs on has not been heard of');
