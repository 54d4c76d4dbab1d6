import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvOptions, readCsv } from './csv.js';
import { DataError, type DataErrorCode } from './errors.js';
import { overlap } from './overlap.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, options: Partial<CsvOptions> = {}) =>
  readCsv(bytes(text), { name: 'test', label: 'ill', ...options });

function refusal(act: () => unknown): DataError {
  try {
    act();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const PLAIN = 'age,dose,ill\n50,1.5,0\n61,2.5,1\n,3,1\n40,4,0\n';

describe('reading a table', () => {
  it('gives features, labels, lines and missing values', () => {
    const dataset = read(PLAIN);
    expect(dataset.columns).toEqual([
      { name: 'age', kind: 'numeric' },
      { name: 'dose', kind: 'numeric' },
    ]);
    expect(dataset.features.shape).toEqual([4, 2]);
    expect([...dataset.features.data]).toEqual([50, 1.5, 61, 2.5, Number.NaN, 3, 40, 4]);
    expect([...dataset.labels.data]).toEqual([0, 1, 1, 0]);
    expect(dataset.classNames).toEqual(['0', '1']);
    expect([...dataset.rowNumbers]).toEqual([2, 3, 4, 5]);
    expect(dataset.features.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(dataset.rowHashes.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.each([
    ['a byte order mark', `\uFEFF${PLAIN}`],
    ['CRLF', PLAIN.replaceAll('\n', '\r\n')],
    ['quoted cells', PLAIN.replace('50,1.5', '"50","1.5"')],
    ['spaces around cells', PLAIN.replace('50,1.5', ' 50 ,\t1.5 ')],
    ['blank lines', PLAIN.replace('61,', '\n\n61,')],
    ['no line end at the end', PLAIN.trimEnd()],
    ['numbers saved as decimals', PLAIN.replace('50,1.5,0', '50.0,1.50,0.0').replace('61,2.5,1', '61.0,2.5,1.0')],
    ['another token for missing', PLAIN.replace('\n,3', '\nNA,3')],
    ['semicolons', PLAIN.replaceAll(',', ';')],
    ['tabs', PLAIN.replaceAll(',', '\t').replace('\n\t3', '\nNaN\t3')],
  ])('is not disturbed by %s: same values, same row hashes', (_, text) => {
    const [plain, other] = [read(PLAIN), read(text)];
    expect([...other.features.data]).toEqual([...plain.features.data]);
    expect([...other.labels.data]).toEqual([...plain.labels.data]);
    expect([...other.rowHashes]).toEqual([...plain.rowHashes]);
  });

  it('says that it found another delimiter', () => {
    expect(read(PLAIN).notes).toEqual([]);
    expect(read(PLAIN.replaceAll(',', ';')).notes).toEqual(['cells are separated by a semicolon']);
  });

  it('tells the line on which a row with a line break in a cell ends', () => {
    expect([...read('note,ill\n"a\nb",0\n"a\nb",1\nc,0\nc,1\n').rowNumbers]).toEqual([3, 5, 6, 7]);
  });

  it('takes the chosen features in the chosen order and leaves the label and the patient out by default', () => {
    expect(read(PLAIN, { features: ['dose', 'age'] }).columns.map(({ name }) => name)).toEqual(['dose', 'age']);
    expect(read(PLAIN, { group: 'dose' }).columns.map(({ name }) => name)).toEqual(['age']);
  });

  it('replaces the list of missing tokens, but an empty cell is always missing', () => {
    const text = 'a,ill\n-9,0\n1,1\n,0\n2,1\n';
    expect([...read(text, { missing: ['-9'] }).features.data]).toEqual([Number.NaN, 1, Number.NaN, 2]);
    expect(
      refusal(() => read('a,ill\nNA,0\n1,1\n2,0\n3,1\n4,0\n5,1\n6,0\n7,1\n8,0\n9,1\n', { missing: ['-9'] })).code,
    ).toBe('mixed_column');
  });

  it('allows a column that is constant and one without any value', () => {
    expect([...read('a,b,ill\n1,,0\n1,,1\n').features.data]).toEqual([1, Number.NaN, 1, Number.NaN]);
  });
});

describe('categorical columns', () => {
  it('few repeated texts are categories, in an order that rows do not change, and it says so', () => {
    const dataset = read('sex,ill\nm,0\nf,1\nm,1\nf,0\n');
    expect(dataset.columns).toEqual([{ name: 'sex', kind: 'categorical', categories: ['f', 'm'] }]);
    expect([...dataset.features.data]).toEqual([1, 0, 1, 0]);
    expect(dataset.notes).toEqual(['"sex" is text with 2 different values: read as categorical']);
  });

  it('numbers are categories when declared: in numeric order, whatever their spelling', () => {
    const dataset = read('pain,ill\n10,0\n2.0,1\n2,1\n?,0\n', { categorical: ['pain'] });
    expect(dataset.columns).toEqual([{ name: 'pain', kind: 'categorical', categories: ['2', '10'] }]);
    expect([...dataset.features.data]).toEqual([1, 0, 0, Number.NaN]);
  });
});

describe('labels', () => {
  it.each([
    ['numbers in numeric order', '1,10\n1,9\n1,10', ['9', '10'], [1, 0, 1]],
    ['texts in alphabetic order', '1,sick\n1,healthy\n1,sick', ['healthy', 'sick'], [1, 0, 1]],
    ['1 and 1.0 as one class', '1,1\n1,1.0\n1,0', ['0', '1'], [1, 1, 0]],
    ['three classes', '1,c\n1,a\n1,b', ['a', 'b', 'c'], [2, 0, 1]],
  ])('takes %s', (_, body, classNames, codes) => {
    const dataset = read(`a,ill\n${body}\n`);
    expect(dataset.classNames).toEqual(classNames);
    expect([...dataset.labels.data]).toEqual(codes);
  });

  it.each([
    ['its new name', 'malignant', 0],
    ['its value in the file', '0', 0],
    ['its value as a number', 1, 1],
    ['a decimal spelling of its value', '1.0', 1],
  ])('finds the diseased class by %s', (_, positive, index) => {
    expect(read(PLAIN, { class_names: ['malignant', 'benign'], positive }).positive).toBe(index);
  });
});

describe('patients', () => {
  const text = 'patient,a,ill\nP7,1,0\nP3,2,1\nP7,3,1\n';

  it('are numbered in the order in which they appear, and hashed', () => {
    const dataset = read(text, { group: 'patient' });
    expect([...dataset.groups!.data]).toEqual([0, 1, 0]);
    expect(dataset.groupHashes![0]).toBe(dataset.groupHashes![2]);
    expect(dataset.groupHashes![0]).not.toBe(dataset.groupHashes![1]);
    expect(dataset.groupHashes![0]).not.toBe(dataset.rowHashes[0]);
  });

  it('are the same however their number is spelled, and in another file', () => {
    const first = read('patient,a,ill\n007,1,0\n8,2,1\n', { group: 'patient' });
    const second = read('patient,a,ill\n7.0,5,0\n9,6,1\n', { group: 'patient' });
    expect(overlap(first, second)).toEqual({ rows: 0, patients: 1, lines: [2] });
  });
});

const numbered = (count: number, cell: (row: number) => string): string =>
  Array.from({ length: count }, (_, row) => cell(row)).join('\n');

interface Refused {
  readonly what: string;
  readonly text: string | Uint8Array;
  readonly options?: Partial<CsvOptions>;
  readonly code: DataErrorCode;
  readonly says: RegExp;
  readonly place?: object;
}

const REFUSED: readonly Refused[] = [
  { what: 'Latin-1', text: Uint8Array.of(97, 44, 0xe9, 10), code: 'not_utf8', says: /UTF-8/ },
  { what: 'nothing', text: '', code: 'no_header', says: /empty/ },
  { what: 'a header alone', text: 'a,ill\n', code: 'no_rows', says: /no rows/ },
  {
    what: 'numbers instead of a header',
    text: '1,2\n3,4\n',
    code: 'no_header',
    says: /names of the columns/,
    place: { line: 1 },
  },
  { what: 'a nameless column', text: ',a,ill\n1,2,0\n', code: 'no_header', says: /column 1/ },
  {
    what: 'a name twice',
    text: 'a,a,ill\n1,2,0\n',
    code: 'duplicate_header',
    says: /Rename/,
    place: { column: 'a', line: 1 },
  },
  {
    what: 'a short row',
    text: 'a,ill\n1,0\n2\n',
    code: 'ragged_row',
    says: /1 cells, the header has 2/,
    place: { line: 3 },
  },
  { what: 'a long row', text: 'a,ill\n1,0,5\n2,1\n', code: 'ragged_row', says: /3 cells/, place: { line: 2 } },
  { what: 'an open quote', text: 'a,ill\n"Miller,0\n2,1\n', code: 'malformed_csv', says: /quote/ },
  {
    what: 'an unknown label',
    text: PLAIN,
    options: { label: 'Il' },
    code: 'missing_column',
    says: /Did you mean "ill"\?/,
    place: { column: 'Il' },
  },
  {
    what: 'an unknown feature',
    text: PLAIN,
    options: { features: ['zzzzzz'] },
    code: 'missing_column',
    says: /age, dose, ill/,
  },
  { what: 'an unknown patient column', text: PLAIN, options: { group: 'dos' }, code: 'missing_column', says: /"dose"/ },
  {
    what: 'the label as a feature',
    text: PLAIN,
    options: { features: ['age', 'ill'] },
    code: 'column_conflict',
    says: /the answer/,
    place: { column: 'ill' },
  },
  {
    what: 'the patient as a feature',
    text: PLAIN,
    options: { features: ['age'], group: 'age' },
    code: 'column_conflict',
    says: /who it is/,
  },
  {
    what: 'the label as patient',
    text: PLAIN,
    options: { group: 'ill' },
    code: 'column_conflict',
    says: /same column/,
  },
  {
    what: 'a feature twice',
    text: PLAIN,
    options: { features: ['age', 'age'] },
    code: 'column_conflict',
    says: /twice/,
  },
  {
    what: 'a category that is no feature',
    text: PLAIN,
    options: { features: ['age'], categorical: ['dose'] },
    code: 'column_conflict',
    says: /not a feature/,
  },
  { what: 'no features', text: 'ill\n0\n1\n', code: 'missing_column', says: /no column left/ },
  { what: 'one class', text: 'a,ill\n1,0\n2,0\n', code: 'single_class', says: /two classes/, place: { column: 'ill' } },
  {
    what: 'rows without a label',
    text: 'a,ill\n1,0\n2,\n3,1\n4,?\n',
    code: 'missing_label',
    says: /2 rows have no label \(lines 3, 5\)/,
    place: { column: 'ill', line: 3 },
  },
  {
    what: 'rows without a patient',
    text: 'id,a,ill\n1,1,0\n,2,1\n',
    options: { group: 'id' },
    code: 'missing_group',
    says: /line 3/,
  },
  {
    what: 'a measurement as label',
    text: `a,ill\n${numbered(40, (row) => `1,${row / 7}`)}`,
    code: 'continuous_label',
    says: /measurement/,
  },
  {
    what: 'whole numbers that rarely repeat as label',
    text: `a,ill\n${numbered(40, (row) => `1,${row}`)}`,
    code: 'continuous_label',
    says: /measurement/,
  },
  {
    what: 'names as label',
    text: `a,ill\n${numbered(40, (row) => `1,Smith${row}`)}`,
    code: 'too_many_classes',
    says: /40 different labels in 40 rows/,
  },
  {
    what: 'more than 1000 classes',
    text: `a,ill\n${numbered(4004, (row) => `1,c${row % 1001}`)}`,
    code: 'too_many_classes',
    says: /1001/,
  },
  {
    what: 'too few class names',
    text: PLAIN,
    options: { class_names: ['one'] },
    code: 'bad_class_names',
    says: /1 names for 2/,
  },
  {
    what: 'the same class name twice',
    text: PLAIN,
    options: { class_names: ['x', 'x'] },
    code: 'bad_class_names',
    says: /twice/,
  },
  {
    what: 'an unknown diseased class',
    text: PLAIN,
    options: { positive: 'yes' },
    code: 'bad_positive',
    says: /classes are 0, 1/,
  },
  {
    what: 'a diseased class that is two',
    text: PLAIN,
    options: { class_names: ['1', '0'], positive: '1' },
    code: 'bad_positive',
    says: /name of one class and the value of another/,
  },
  {
    what: 'text among numbers',
    text: `a,ill\n${numbered(19, (row) => `${row},${row % 2}`)}\nunknown because of the weather,1\n`,
    code: 'mixed_column',
    says: /"unknown because of t…" is not a number, while 95 %.*`missing`.*`categorical`.*`features`/,
    place: { column: 'a', line: 21 },
  },
  {
    what: 'decimal commas',
    text: 'a;ill\n1,5;0\n2;1\n',
    code: 'ambiguous_number',
    says: /decimal or a thousands sign/,
    place: { column: 'a', line: 2 },
  },
  { what: 'thousands signs', text: 'a,ill\n"1,500",0\n2,1\n', code: 'ambiguous_number', says: /"1,500"/ },
  {
    what: 'free text',
    text: `a,ill\n${numbered(60, (row) => `t${row % 25},${row % 2}`)}`,
    code: 'text_column',
    says: /25 different texts/,
  },
  {
    what: 'few texts that do not repeat',
    text: 'a,ill\nx,0\ny,1\nz,0\n',
    code: 'text_column',
    says: /3 different texts in 3 rows/,
  },
  {
    what: 'too many declared categories',
    text: `a,ill\n${numbered(1001, (row) => `t${row},${row % 2}`)}`,
    options: { categorical: ['a'] },
    code: 'too_many_categories',
    says: /1001/,
  },
  {
    what: 'a number beyond float32',
    text: 'a,ill\n1e39,0\n2,1\n',
    code: 'number_out_of_range',
    says: /3.4e38/,
    place: { column: 'a', line: 2 },
  },
  {
    what: 'fewer samples than classes',
    text: PLAIN,
    options: { num_samples: 1 },
    code: 'bad_sample_count',
    says: /at least 2/,
  },
  { what: 'half a sample', text: PLAIN, options: { num_samples: 2.5 }, code: 'bad_sample_count', says: /whole number/ },
];

describe('what cannot be used is refused with its place and the way out', () => {
  it.each(REFUSED.map((row) => [row.what, row] as const))('%s', (_, { text, options, code, says, place }) => {
    const source = typeof text === 'string' ? bytes(text) : text;
    const error = refusal(() => readCsv(source, { name: 'test', label: 'ill', ...options }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error.remedy.length).toBeGreaterThan(10);
    if (place) expect(error.place).toEqual(place);
  });
});

describe('privacy', () => {
  it('no message repeats a cell of the patient column or of a column that looks like one', () => {
    const secret = 'Zebrowski';
    const texts: readonly [string, Partial<CsvOptions>][] = [
      [`patient,a,ill\n${secret},1,0\n,2,1\n`, { group: 'patient' }],
      [`patient_id,ill\n${numbered(19, (row) => `${row},${row % 2}`)}\n${secret},1\n`, {}],
      [`name,ill\n${secret},0\nOther,1\nThird,0\n`, {}],
      [`a,ill\n"${secret},0\n2,1\n`, {}],
      [`a,ill\n1,0,${secret}\n2,1\n`, {}],
      [`mrn,ill\n${secret}1,1\n${numbered(40, (row) => `${secret}${row},0`)}`, { label: 'mrn', features: ['ill'] }],
    ];
    for (const [text, options] of texts) expect(refusal(() => read(text, options)).message).not.toContain(secret);
  });

  it('warns of an identifier among the features', () => {
    const text = 'CaseID,ill\n1,0\n2,1\n3,0\n';
    expect(read(text).notes).toEqual([expect.stringContaining('looks like an identifier')]);
  });

  it('warns of whole numbers that 32 bits round', () => {
    expect(read('a,ill\n16777217,0\n2,1\n').notes).toEqual([expect.stringContaining('16,777,216')]);
  });
});

describe('row hashes', () => {
  const cell = fc.oneof(fc.integer({ min: -99, max: 99 }).map(String), fc.constantFrom('', 'NA', 'yes', 'x y'));
  const record = fc.tuple(cell, cell, fc.constantFrom('0', '1'));

  it('do not depend on the order of rows and columns, nor on the options', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 4, maxLength: 12 }), (body) => {
        const rows = [...body, ['1', '2', '0'], ['1', '2', '1']];
        const options = { categorical: ['a', 'b'] };
        const plain = read(`a,b,ill\n${rows.map((row) => row.join(',')).join('\n')}`, options);
        const moved = read(
          `ill,b,a\n${rows
            .toReversed()
            .map((row) => row.toReversed().join(','))
            .join('\n')}`,
          {
            categorical: ['b'],
            features: ['b'],
            missing: ['x y'],
          },
        );
        expect([...moved.rowHashes].reverse()).toEqual([...plain.rowHashes]);
      }),
      { numRuns: 30 },
    );
  });

  it('differ when any cell differs, and long identifiers are not rounded together', () => {
    const hashes = read(
      'a,b,ill\n1,2,0\n2,1,0\n1,2,1\n12345678901234567890,0,0\n12345678901234567891,0,0\n12,,0\n1,2,0\n',
    ).rowHashes;
    expect(new Set(hashes).size).toBe(6);
  });
});

describe('num_samples', () => {
  const text = `a,ill\n${numbered(100, (row) => `${row},${row < 80 ? 0 : 1}`)}`;

  it('keeps every class in its share, not just the head of a sorted file', () => {
    const dataset = read(text, { num_samples: 10 });
    expect([...dataset.labels.data].filter((label) => label === 1)).toHaveLength(2);
    expect([...dataset.rowNumbers]).toEqual([...dataset.rowNumbers].sort((a, b) => a - b));
  });

  it('takes the same rows whatever their order, and all when it asks for more than there are', () => {
    const [head, ...body] = text.split('\n');
    const reversed = read([head, ...body.reverse()].join('\n'), { num_samples: 10 });
    expect([...reversed.rowHashes].sort()).toEqual([...read(text, { num_samples: 10 }).rowHashes].sort());
    expect(read(text, { num_samples: 1000 }).labels.data).toHaveLength(100);
  });

  it('gives the rarest class at least one row', () => {
    const dataset = read(text, { num_samples: 2 });
    expect([...dataset.labels.data].sort()).toEqual([0, 1]);
  });
});
