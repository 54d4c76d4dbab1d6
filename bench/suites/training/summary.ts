/** Rows over all rows: the geometric mean of the ratios at each number of threads, and the most we spend outside ONNX Runtime. */
import { formatNumber } from '../../harness/quantity.js';
import type { Row } from '../../harness/row.js';
import { median } from '../../harness/statistics.js';
import { LARGEST_OUTSIDE, MEAN_FLOORS } from './defaults.js';
import type { Facts } from './facts.js';

/** The mean of ratios that gives the same for the two directions: of 2 and 1/2 it is 1. */
export function geometricMean(ratios: readonly number[]): number {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/**
 * A row `mean_<threads>` for each number of threads that has a row with a peer. Rows that are void, absent or failed are
 * named: a mean without them is no result, and meets no floor.
 * @param planned the names of all rows by the number of threads
 */
export function meanRows(planned: Readonly<Record<number, readonly string[]>>, measured: readonly Row[]): Row[] {
  return Object.entries(planned).flatMap(([threads, names]) => {
    const compared = measured.filter(({ name, ratio, void: isVoid }) => names.includes(name) && ratio && !isVoid);
    if (compared.length === 0) return [];
    const missing = names.filter((name) => !compared.some((row) => row.name === name));
    const mean = geometricMean(compared.map(({ ratio }) => ratio!));
    const { floor, goal } = MEAN_FLOORS[Number(threads)]!;
    const ratios = compared.map(({ ratio }) => ratio!);
    return [
      {
        name: `mean_${threads}`,
        about: `geometric mean of the ratios of all networks to PyTorch, ${threads} thread(s)`,
        unit: 'times',
        better: 'higher' as const,
        value: mean,
        low: Math.min(...ratios),
        high: Math.max(...ratios),
        rounds: compared.length,
        spread: null,
        threads: Number(threads),
        floor: { value: floor },
        ok: missing.length > 0 ? null : mean >= floor,
        ...(compared.some(({ quick }) => quick) && { quick: true as const }),
        note: [
          `over ${compared.length} of ${names.length} networks, from ${formatNumber(Math.min(...ratios))} to ${formatNumber(Math.max(...ratios))}`,
          `goal ${goal}: ${mean >= goal ? 'reached' : 'not reached'}`,
          ...(missing.length > 0 ? [`without ${missing.join(', ')}`] : []),
        ].join('; '),
        samples: { ours: ratios },
      },
    ];
  });
}

/** The row `largest_outside`; none when nothing was measured. */
export function outsideRow(facts: ReadonlyMap<string, Facts>, measured: readonly Row[]): Row[] {
  const shares = measured.flatMap(({ name, quick }) => {
    const outside = facts.get(name)?.outside ?? [];
    return outside.length > 0 ? [{ name, quick, share: median(outside) }] : [];
  });
  if (shares.length === 0) return [];
  const values = shares.map(({ share }) => 100 * share);
  const value = Math.max(...values);
  const floor = { value: 100 * LARGEST_OUTSIDE };
  return [
    {
      name: 'largest_outside',
      about: 'the largest share of its time that any training spends outside session.run',
      unit: '%',
      better: 'lower',
      value,
      low: Math.min(...values),
      high: value,
      rounds: shares.length,
      spread: null,
      floor,
      ok: value <= floor.value,
      ...(shares.some(({ quick }) => quick) && { quick: true as const }),
      note: `in ${shares.find(({ share }) => 100 * share === value)!.name}`,
      samples: { ours: values },
    },
  ];
}
