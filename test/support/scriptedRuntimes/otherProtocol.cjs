'use strict';
// A runtime with version 2 of the protocol.
const { answer, listen } = require('./frames.cjs');

listen((message) =>
  answer(message, message.method === 'connect' ? { ok: true, protocolVersion: 2, version: '0.0.2' } : undefined),
);
