import { expect, test } from 'vitest';
import { readPatients } from './fixtures/patients.js';
import { identityOf } from './seen.js';

test('rows and patients of all the data sets are seen', () => {
  const [one, other] = [readPatients(), readPatients(undefined, { name: 'other.csv' })];
  const { rowHashes, groupHashes } = identityOf([one, other]);
  expect([...rowHashes]).toEqual([...one.rowHashes, ...other.rowHashes]);
  expect([...groupHashes!]).toEqual([...one.groupHashes!, ...other.groupHashes!]);
});

test('patients are seen where only one of the data sets knows them, and left out where none does', () => {
  const one = readPatients();
  const { groupHashes: _, ...blind } = one;
  expect(identityOf([blind, one]).groupHashes).toEqual(one.groupHashes);
  expect(identityOf([blind, blind])).not.toHaveProperty('groupHashes');
});
