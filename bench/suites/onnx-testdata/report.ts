/** What came of many models: counts by verdict, and the reasons, those of many models first. */
import { VERDICTS, type Verdict } from './check-model.js';

/** Models that are named for one reason. */
const NAMED = 4;

export class Report {
  readonly #models = new Map<Verdict['kind'], Map<string, string[]>>(VERDICTS.map((kind) => [kind, new Map()]));

  add(model: string, { kind, reason }: Verdict): void {
    const reasons = this.#models.get(kind)!;
    reasons.set(reason, [...(reasons.get(reason) ?? []), model]);
  }

  count(kind: Verdict['kind']): number {
    return [...this.#models.get(kind)!.values()].reduce((sum, models) => sum + models.length, 0);
  }

  get tried(): number {
    return VERDICTS.reduce((sum, kind) => sum + this.count(kind), 0);
  }

  /** One line for each reason; empty where there is no model. */
  reasons(kind: Verdict['kind']): string {
    const groups = [...this.#models.get(kind)!].sort(([, one], [, other]) => other.length - one.length);
    return groups
      .map(([reason, models]) => {
        const rest = models.length > NAMED ? `, and ${models.length - NAMED} more` : '';
        return `\n  ${models.length} x ${reason} (${models.slice(0, NAMED).join(', ')}${rest})`;
      })
      .join('');
  }
}
