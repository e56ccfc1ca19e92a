import { FORMS } from './forms';

export interface Utterance {
  /** Where it was said: `title`, `event session.info message`. */
  readonly place: string;
  /** A harmless word beside the secret. Whatever shows the word would show the secret. */
  readonly canary: string;
  readonly plant: string;
  readonly form: string;
}

/** Sentences that leak a secret. Each has another secret, another form and its own canary word. */
export class Utterances {
  readonly all: Utterance[] = [];

  /**
   * @param secrets by name of their sources
   * @param word prefix of the canary words
   */
  constructor(
    private readonly secrets: Readonly<Record<string, string>>,
    private readonly word: string,
  ) {}

  /** @param form a name of `FORMS`; by default another one each time */
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

  /** One sentence for each secret in each form. */
  sayAll(place: string): readonly string[] {
    return Object.keys(this.secrets).flatMap((plant) =>
      Object.keys(FORMS).map((form) => this.sayThis(place, plant, form)),
    );
  }

  /** A copy of the value with all strings replaced, except those that the protocol needs unchanged. */
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

/** Names of members with protocol values. Changing them would make it another event. */
const NEEDED =
  /^(?:type|kind|id|\w*Id|infoType|mode|\w*Mode|actions?|\w*Action|operation|status|outcome|activity|response|responseKind|actor|errorType|shutdownType|trigger|delivery|source|sourceType|producer|mimeType|reason)$/;

/** Letters only and all of the same length, so that no canary word is a prefix of another or looks like a secret. */
function lettersOf(index: number): string {
  const letters = Array.from({ length: 4 }, (_, at) =>
    String.fromCharCode('a'.charCodeAt(0) + (Math.floor(index / 26 ** (3 - at)) % 26)),
  );
  return `${letters.join('')}q`;
}
