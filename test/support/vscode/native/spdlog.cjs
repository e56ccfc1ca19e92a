'use strict';
/* global exports */
/**
 * Replaces `@vscode/spdlog` where its native part is not built: the same API, with files written by Node.
 *
 * Without it the extension host's output channels write nothing, so every "Output" that a person opens is empty. It has
 * only what VS Code uses: an unformatted logger (output channels), and VS Code's one pattern (`%Y-%m-%d %H:%M:%S.%e
 * [%l] %v`, log output channels and its own logs).
 */
const fs = require('node:fs');
const path = require('node:path');

/** The names of spdlog's levels, by number. */
const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

/** spdlog keeps loggers by name; a second logger with the same name writes to the first one's file. */
const files = new Map();

class RotatingFile {
  constructor(filename, maxSize, maxFiles) {
    this.filename = filename;
    this.maxSize = maxSize;
    this.maxFiles = maxFiles;
    this.users = 0;
    this.open();
  }

  open() {
    this.descriptor = fs.openSync(this.filename, 'a');
    this.size = fs.fstatSync(this.descriptor).size;
  }

  write(text) {
    const bytes = Buffer.from(text, 'utf8');
    if (this.size > 0 && this.size + bytes.length > this.maxSize) {
      this.rotate();
    }
    for (let offset = 0; offset < bytes.length;) {
      offset += fs.writeSync(this.descriptor, bytes, offset);
    }
    this.size += bytes.length;
  }

  rotate() {
    fs.closeSync(this.descriptor);
    for (let index = this.maxFiles; index > 0; index--) {
      const from = this.numbered(index - 1);
      if (fs.existsSync(from)) {
        fs.renameSync(from, this.numbered(index));
      }
    }
    this.open();
  }

  numbered(index) {
    const { dir, name, ext } = path.parse(this.filename);
    return index === 0 ? this.filename : path.join(dir, `${name}.${index}${ext}`);
  }
}

function timestamp() {
  const now = new Date();
  const pad = (value, width = 2) => String(value).padStart(width, '0');
  const date = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
  return `${date} ${pad(now.getHours())}:${pad(now.getMinutes())}:${pad(now.getSeconds())}.${pad(now.getMilliseconds(), 3)}`;
}

class Logger {
  constructor(_type, name, filename, maxSize, maxFiles) {
    this.name = name;
    this.level = 2;
    this.formatted = true;
    this.file = files.get(name) ?? new RotatingFile(filename, maxSize, maxFiles);
    this.file.users++;
    files.set(name, this.file);
  }

  log(level, message) {
    if (this.file && level >= this.level) {
      this.file.write(this.formatted ? `${timestamp()} [${LEVELS[level]}] ${message}\n` : message);
    }
  }

  trace(message) {
    this.log(0, message);
  }
  debug(message) {
    this.log(1, message);
  }
  info(message) {
    this.log(2, message);
  }
  warn(message) {
    this.log(3, message);
  }
  error(message) {
    this.log(4, message);
  }
  critical(message) {
    this.log(5, message);
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {
    this.formatted = true;
  }
  clearFormatters() {
    this.formatted = false;
  }
  flush() {
    // Nothing to do: every write is synchronous.
  }
  drop() {
    const { file } = this;
    this.file = undefined;
    if (file && --file.users === 0) {
      fs.closeSync(file.descriptor);
      files.delete(this.name);
    }
  }
}

async function create(name, filename, maxSize, maxFiles) {
  fs.mkdirSync(path.dirname(filename), { recursive: true });
  return new Logger('rotating', name, filename, maxSize, maxFiles);
}

// One assignment for each name: VS Code imports this as an ES module, and Node finds the names by parsing the source.
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
