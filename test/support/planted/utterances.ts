import { FORMS } from './forms';

export interface Utterance {
  /** What it was said in: `title`, `event session.info message`. */
  readonly place: string;
  /** A word that is no secret, beside the secret: who shows the one would show the other. */
  readonly canary: string;
  readonly plant: string;
  readonly form: string;
}

/** Sentences that give a secret away, each with another secret, in another form, and with a word of its own. */
export class Utterances {
  readonly all: Utterance[] = [];

  /**
   * @param secrets by the names of their sources
   * @param word what the words beside them begin with
   */
  constructor(
    private readonly secrets: Readonly<Record<string, string>>,
    private readonly word: string,
  ) {}

  /** @param form a name of `FORMS`; without, another one each time */
  say(place: string, form?: string): string {
    const count = this.all.length;
    const plants = Object.keys(this.secrets);
    const forms = Object.keys(FORMS);
    const plant = plants[count % plants.length] ?? '';
    return this.sayThis(place, plant, form ?? forms[Math.floor(count / plants.length) % forms.length] ?? '');
  }

  sayThis(place: string, plant: string, form: string): string {
    const canary = this.word + lettersOf(this.all.length);
    this.all.push({ place, canary, plant, form });
    return `${canary} ${FORMS[form]?.(this.secrets[plant] ?? '') ?? ''}`;
  }

  /** Each secret in each form, once. */
  sayAll(place: string): readonly string[] {
    return Object.keys(this.secrets).flatMap((plant) =>
      Object.keys(FORMS).map((form) => this.sayThis(place, plant, form)),
    );
  }

  /** The same value with all texts in it replaced; what the protocol needs to be what it is stays. */
  fill(place: string, value: unknown, name = ''): unknown {
    if (typeof value === 'string') {
      return NEEDED.test(name) ? value : this.say(`${place} ${name}`);
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.fill(place, item, name));
    }
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.fill(place, item, key)]))
      : value;
  }
}

/** Names of members that hold words of the protocol: without them an event is another one. */
const NEEDED =
  /^(?:type|kind|id|\w*Id|infoType|mode|\w*Mode|actions?|\w*Action|operation|status|outcome|activity|response|responseKind|actor|errorType|shutdownType|trigger|delivery|source|sourceType|producer|mimeType|reason)$/;

/** Of one length, and of letters alone, so that none is the beginning of another, and none looks like a secret. */
function lettersOf(index: number): string {
  const letters = Array.from({ length: 4 }, (_, at) =>
    String.fromCharCode('a'.charCodeAt(0) + (Math.floor(index / 26 ** (3 - at)) % 26)),
  );
  return `${letters.join('')}q`;
}
