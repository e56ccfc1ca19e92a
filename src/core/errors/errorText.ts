/**
 * Reads the text of an error answer. The runtime passes the service's answers on as text, mostly without a status
 * (measured on 1.0.55, 1.0.85 and 1.0.102), and such a text may quote anything: a name, a branch, a prompt, a line
 * number. So a text is reduced to the clauses that are the runtime's or the service's own.
 */
import { textOf } from '../redaction/secrets';

/** The reason stands at the beginning; a page of HTML or a stack may follow. In characters. */
const MAX_LENGTH = 1_000;
/** The prefix that vscode-jsonrpc puts before the runtime's own text. */
const WRAPPED = /^Request \S+ failed with message: /;
/** Replaces quotations; no rule matches it. */
const QUOTED = '“”';
const QUOTATIONS = /“[^”]*”|"[^"]*"|`[^`]*`|«[^»]*»|(?<![\p{L}\p{N}])['‘][^'’]*['’](?![\p{L}\p{N}])/gu;
const BOUNDARY = /:\s+|[.;!]\s+|\s+[-–—]\s+|[\r\n]+/;
/** Clauses that only introduce the reason; what follows any other clause is detail. */
const INTRODUCTION =
  /^(failed|failure|could not|couldn't|cannot|unable|\w*error|graphql|request|remote|mission control|github|copilot|https? status|bad request|unauthorized|forbidden|not found|conflict|unprocessable)\b/i;

/** Reason phrases of the statuses that services answer with: `404 Not Found` is a status, `404 files` is none. */
const PHRASES: Readonly<Record<string, RegExp>> = {
  400: /^bad request$/i,
  401: /^unauthori[sz]ed$/i,
  402: /^payment required$/i,
  403: /^forbidden$/i,
  404: /^not found$/i,
  408: /^request time-?out$/i,
  409: /^conflict$/i,
  410: /^gone$/i,
  413: /^(payload|content) too large$/i,
  422: /^unprocessable (entity|content)$/i,
  429: /^too many requests$/i,
  500: /^internal server error$/i,
  502: /^bad gateway$/i,
  503: /^service (temporarily )?unavailable$/i,
  504: /^gateway time-?out$/i,
};

/** Each captures the number and, where one may follow, the reason phrase. All of them match a whole clause. */
const STATUS_FORMS: readonly RegExp[] = [
  // reqwest, in the runtime's native part.
  /^HTTP status (?:client|server) error \((\d{3})(?: ([\w -]+))?\)/i,
  /^HTTP(?:\/\d(?:\.\d)?)?(?: error)?(?: status)?(?: code)? (\d{3})(?: ([\w -]+))?$/i,
  /^status(?: code)? (\d{3})(?: ([\w -]+))?$/i,
  // `Remote session listing failed (401)` (1.0.102).
  /^[\w ]{1,60} failed \((\d{3})(?: ([\w -]+))?\)$/i,
  /^(?:[\w ]{1,60} )?(?:said|answered|returned|replied|responded)(?: with)?(?: HTTP)?(?: status)?(?: code)? (\d{3})(?: ([\w -]+))?$/i,
  // axios, and clients that speak as it does.
  /^(?:[\w ]{1,60} )?failed with(?: HTTP)? status(?: code)? (\d{3})(?: ([\w -]+))?$/i,
];
const BARE_STATUS = /^(\d{3})(?: ([\w -]+))?$/;

/** The runtime's own text, without the prefix of vscode-jsonrpc. */
export function messageOf(error: unknown): string {
  return textOf(error).replace(WRAPPED, '');
}

/** `EPERM: …`, `… (os error 1)`: texts of the operating system about a file or a socket, not of a service. */
const OF_SYSTEM = /(?<![\w-])E[A-Z]{3,}[A-Z0-9]*: |\(os error \d+\)/;

/** Whether the words are the operating system's: `not permitted` is no organization's policy then. */
export function isOfSystem(text: string): boolean {
  return OF_SYSTEM.test(text);
}

/**
 * The text without quotations, addresses and the names that the call itself was about.
 * @param names as in `octo/404-pages`: part of a name is no reason
 */
export function withoutQuotations(text: string, names: readonly string[] = []): string {
  let plain = text.slice(0, MAX_LENGTH);
  for (const name of [...names].sort((a, b) => b.length - a.length)) {
    plain = plain.replaceAll(new RegExp(`(?<![\\w./-])${escapeForRegExp(name)}(?![\\w/-])`, 'gi'), QUOTED);
  }
  return plain.replaceAll(QUOTATIONS, QUOTED).replaceAll(/\b[a-z][a-z+.-]*:\/\/[^\s)]+/gi, QUOTED);
}

function escapeForRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** The clauses that introduce the reason, and the reason. What follows it may be a quotation of anything. */
export function leadingClauses(plain: string): readonly string[] {
  const clauses = plain
    .replaceAll(/\bstatus( code)?\s*[:=]\s*(?=\d{3}\b)/gi, 'status$1 ')
    .split(BOUNDARY)
    .map((clause) => clause.trim().replace(/[.,;:!]+$/, ''))
    .filter((clause) => clause !== '');
  const reason = clauses.findIndex((clause) => !INTRODUCTION.test(clause) && statusIn(clause, true) === undefined);
  return reason < 0 ? clauses : clauses.slice(0, reason + 1);
}

/** The HTTP status that the clauses name as one; any other number is ignored. */
export function statusInClauses(clauses: readonly string[]): number | undefined {
  for (const [index, clause] of clauses.entries()) {
    // `Failed to abort the session: 500`: behind an introduction, a number alone is the status.
    const status = statusIn(clause, index > 0);
    if (status !== undefined) {
      return status;
    }
  }
  return undefined;
}

function statusIn(clause: string, isBehindIntroduction: boolean): number | undefined {
  for (const form of STATUS_FORMS) {
    const [, digits, phrase] = form.exec(clause) ?? [];
    if (digits !== undefined && isStatus(digits, phrase)) {
      return Number(digits);
    }
  }
  const [, digits, phrase] = BARE_STATUS.exec(clause) ?? [];
  return digits !== undefined && (phrase !== undefined || isBehindIntroduction) && isStatus(digits, phrase)
    ? Number(digits)
    : undefined;
}

function isStatus(digits: string, phrase: string | undefined): boolean {
  const status = Number(digits);
  return status >= 400 && status < 600 && (phrase === undefined || PHRASES[digits]?.test(phrase.trim()) === true);
}
