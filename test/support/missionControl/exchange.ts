import * as http from 'node:http';
import type { Fault } from './faults';

/** @returns whether the fault was the whole answer */
export function misbehave(
  fault: Fault | undefined,
  request: http.IncomingMessage,
  send: (status: number, answer: unknown, headers?: Readonly<Record<string, string>>) => void,
): boolean {
  switch (fault?.kind) {
    case 'status':
      send(
        fault.status,
        { message: fault.message ?? http.STATUS_CODES[fault.status] ?? 'Error', ...fault.body },
        fault.headers,
      );
      return true;
    case 'answer':
      send(200, fault.body);
      return true;
    case 'malformed':
      send(200, Buffer.from(fault.body ?? '{"tasks": [{"id": '));
      return true;
    case 'reset':
      request.socket.resetAndDestroy();
      return true;
    case 'hang':
      return true;
    default:
      return false;
  }
}

/** Treats anything that is not JSON as no body. */
export async function readJson(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
